"""Proofs of backup as they arrive: kept when the host has signed them about itself, each once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from collector.backups import repository
from collector.fleet.model import KnownAgent
from collector.store.database import Connection
from wire.documents.backups import read_backup_proof
from wire.documents.envelope import decode_envelope
from wire.errors import Malformed
from wire.proofs import BackupMark

_log = logging.getLogger(__name__)


def take_proofs(connection: Connection, agent: KnownAgent, marks: Sequence[BackupMark], now: datetime) -> int:
    """Keep what is new; how many. What is not signed by this host about itself is told in the log and dropped."""
    taken = 0
    for mark in marks:
        try:
            proof = read_backup_proof(decode_envelope(mark.envelope), agent.key)
        except Malformed as error:
            _log.warning("a proof of backup of agent %s counts for nothing: %s", agent.id, error)
            continue
        if proof.agent != agent.id:
            _log.warning("a proof of backup of agent %s is about another host", agent.id)
            continue
        taken += repository.add_proof(connection, agent, proof, mark.envelope, now)
    return taken

"""Heads of the hosts' audit chains, as they arrive with a batch: which are countersigned, and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from collector.fleet.model import KnownAgent
from collector.relay.heads import repository
from collector.relay.heads.policy import Claimed, Step, judge_head
from collector.store.database import Connection
from wire.documents.envelope import Envelope, decode_envelope
from wire.documents.heads import AuditHead, read_head
from wire.errors import Malformed
from wire.proofs import AuditMark

CODES: Final = {Step.FORKED: "TRUST-CHAIN-FORKED", Step.SHORTENED: "TRUST-CHAIN-SHORTENED"}


@dataclass(frozen=True)
class TakenHeads:
    """Envelopes to be countersigned, codes of the built-in catalogue for what is wrong."""

    countersign: tuple[Envelope, ...]
    codes: tuple[str, ...]


def take_heads(connection: Connection, agent: KnownAgent, marks: Sequence[AuditMark], now: datetime) -> TakenHeads:
    """Judge these heads in their order; what may be countersigned is kept in the same transaction."""
    countersign, codes = list[Envelope](), list[str]()
    for mark in marks:
        read = _read(agent, mark.envelope)
        if read is None:
            continue
        envelope, head = read
        kept = repository.last_head(connection, agent.id)
        known = _read(agent, kept) if kept is not None else None
        step = judge_head(known[1] if known else None, Claimed(head, mark.since, mark.proof))
        if step is Step.COUNTERSIGN:
            repository.save_head(connection, agent.id, size=head.size, root=head.root, raw=mark.envelope, now=now)
            countersign.append(envelope)
        elif step is Step.SEND_OURS and known is not None:
            countersign.append(known[0])
        elif step in CODES:
            codes.append(CODES[step])
    return TakenHeads(tuple(countersign), tuple(dict.fromkeys(codes)))


def _read(agent: KnownAgent, raw: bytes) -> tuple[Envelope, AuditHead] | None:
    """The head with its envelope, if this host has signed it about itself."""
    try:
        envelope = decode_envelope(raw)
        head = read_head(envelope, agent.key)
    except Malformed:
        return None
    return (envelope, head) if head.agent == agent.id else None

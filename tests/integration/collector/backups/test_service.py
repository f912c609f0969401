"""Proofs of backup at a real collector: kept as they were signed, once, and only those of the host itself."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.fakes.exchange_desk import Desk, exchange_desk
from tests.fakes.signing_agent import SigningAgent
from wire.documents.backups import Act, BackupProof, Deed, read_backup_proof, write_backup_proof
from wire.documents.envelope import add_signature, decode_envelope, encode_envelope
from wire.keys import Ed25519PrivateKey, generate_key
from wire.proofs import BackupMark


def _mark(agent: str, key: Ed25519PrivateKey, number: int, at: datetime, *, good: bool = True) -> BackupMark:
    deed = Deed(act=Act.DRILL, level=3, is_good=good, started_at=at, ended_at=at)
    proof = BackupProof(agent=agent, site="seoul", journal="0a" * 8, number=number, deed=deed)
    return BackupMark(envelope=encode_envelope(add_signature(write_backup_proof(proof), key)))


def play(folder: Path, story: Any) -> None:
    async def whole() -> None:
        async with exchange_desk(folder) as desk:
            await story(desk, await desk.enrolled())

    asyncio.run(whole())


def test_a_proof_is_kept_once_as_it_was_signed(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        first, second = (_mark(agent.id, agent.key, number, desk.clock()) for number in (2, 3))
        reply = await desk.deliver(agent, agent.batch(first, second))
        assert reply.parked == 0
        await desk.deliver(agent, agent.batch(_mark(agent.id, agent.key, 3, desk.clock(), good=False)))
        rows = desk.rows("SELECT number, act, level, is_good, envelope FROM backup_proof ORDER BY id")
        assert [(row["number"], row["act"], row["level"], row["is_good"]) for row in rows] == [
            (2, "drill", 3, 1),
            (3, "drill", 3, 1),
        ]
        kept = read_backup_proof(decode_envelope(rows[0]["envelope"]), agent.key.public_key())
        assert (kept.number, rows[0]["envelope"]) == (2, first.envelope)

    play(tmp_path, story)


def test_what_the_host_has_not_signed_about_itself_is_not_kept(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        forged = _mark(agent.id, generate_key(), 2, desk.clock())
        foreign = _mark("somebody-else", agent.key, 3, desk.clock())
        reply = await desk.deliver(agent, agent.batch(forged, foreign, BackupMark(envelope=b"{}")))
        assert reply.parked == 0
        assert desk.rows("SELECT id FROM backup_proof") == []

    play(tmp_path, story)

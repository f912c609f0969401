"""Disk full and a held lock: refused with a Retry-After, nothing half stored, and well again afterwards."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from collector.store import sqlite
from tests.builders import an_event
from tests.fakes.exchange_desk import Desk, play
from tests.fakes.signing_agent import SigningAgent
from wire import enrolment, envelope


def test_disk_full(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        _limit_pages(desk, extra=20)
        sizes = []
        for at in range(40):
            batch = agent.batch(
                *(an_event(event_id=f"{at:08x}{n:08x}", text="x" * 2_000) for n in range(5)), sequence=at + 1
            )
            sent = agent.exchange(batch)
            response = await desk.send(sent)
            if response.status_code != 200:
                break
            sizes.append(desk.one("SELECT count(*) FROM event"))
        assert (response.status_code, envelope.decode_refusal(response.content).error) == (507, "store_full")
        assert 30 <= int(response.headers["retry-after"]) <= 90
        desk.check_signature(response, enrolment.ack_tag(agent.id), sent.headers["x-agent-seq"])
        assert sizes == [5 * (at + 1) for at in range(len(sizes))], "whole batches"
        assert desk.one("SELECT count(*) FROM event") == sizes[-1], "no partial batch"
        _limit_pages(desk, extra=100_000)
        assert (await desk.send(sent)).status_code == 200
        assert desk.one("SELECT count FROM ticket") == sizes[-1] + 5

    play(tmp_path, story)


def _limit_pages(desk: Desk, extra: int) -> None:
    """Every connection of the pool, old and new, may grow the file by so many pages only."""
    pages = desk.one("PRAGMA page_count") + extra
    desk.parts.store.close()  # the connections that are there
    from sqlalchemy import event

    def limit(raw: sqlite3.Connection, _: object) -> None:
        raw.execute(f"PRAGMA max_page_count={pages}")

    event.listen(desk.parts.store.engine, "connect", limit)


def test_a_held_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process writes for too long: 503 in bounded time, one effect when it is over."""
    monkeypatch.setattr(sqlite, "BUSY_S", 0.2)

    async def story(desk: Desk, agent: SigningAgent) -> None:
        other = sqlite3.connect(tmp_path / "collector.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        sent = agent.exchange(agent.batch(an_event()))
        response = await desk.send(sent)
        assert (response.status_code, envelope.decode_refusal(response.content).error) == (503, "store_unavailable")
        assert 30 <= int(response.headers["retry-after"]) <= 90
        other.execute("ROLLBACK")
        other.close()
        assert (await desk.send(sent)).status_code == 200
        assert desk.one("SELECT count FROM ticket") == 1

    play(tmp_path, story)

"""One batch becomes rows exactly once, and a poisoned record costs itself alone."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from collector.jobs.retention import delete_old
from collector.settings.model import Retention
from tests.builders import a_health, an_event, an_unknown_error
from tests.fakes.exchange_desk import Desk, exchange_desk
from wire.envelope import is_another_life

pytestmark = pytest.mark.timeout(30)


def test_a_repeated_batch_changes_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent = await desk.enrolled()
            batch = agent.batch(an_event(), raw=[b'{"kind":"novel"}'])
            first = await desk.deliver(agent, batch)
            before = _everything(desk)
            for _ in range(3):
                again = await desk.deliver(agent, batch)
                assert (again.mark, again.duplicate, again.parked) == (first.mark, True, 1)
            assert _everything(desk) == before

    asyncio.run(story())


def test_a_repeat_is_told_what_was_taken_under_its_number(tmp_path: Path) -> None:
    """An agent whose disk went back by one batch sends other bytes under a used number, and must see that."""

    async def story() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent = await desk.enrolled()
            first = agent.batch(an_event(), sequence=1)
            taken = hashlib.sha256(agent.exchange(first).body).hexdigest()
            assert (await desk.deliver(agent, first)).digest == "", "nothing was taken before"
            assert (await desk.deliver(agent, first)).digest == taken
            other = agent.batch(an_event(event_id="1" * 16), sequence=1)
            reply = await desk.deliver(agent, other)
            assert (reply.duplicate, reply.digest) == (True, taken)
            sent = hashlib.sha256(agent.exchange(other).body).hexdigest()
            assert is_another_life(reply, digest=sent, is_doubtful=True)
            delete_old(desk.parts.store, Retention(batch_days=1), desk.clock.at + timedelta(days=2))
            assert (await desk.deliver(agent, other)).digest == "", "its evidence has expired"

    asyncio.run(story())


def test_one_poisoned_batch_among_fifty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The poison is a record at which our own code fails; its batch is applied without it."""

    async def story() -> None:
        async with exchange_desk(tmp_path) as desk:
            agents = [await desk.enrolled(f"site-{at}") for at in range(50)]
            codebook = desk.engine.registry.known.codebook
            facts = codebook.facts
            monkeypatch.setattr(codebook, "facts", lambda event: facts(event) if event.code != "POISON" else 1 / 0)
            batches = [agent.batch(an_event()) for agent in agents]
            poison = an_event(code="POISON", event_id="f" * 16)
            batches[17] = agents[17].batch(an_event(), poison, a_health(), sequence=1)
            replies = await asyncio.gather(*(desk.deliver(*pair) for pair in zip(agents, batches, strict=True)))
            assert [reply.parked for reply in replies] == [0] * 17 + [1] + [0] * 32
            assert {reply.mark for reply in replies} == {1}
            assert desk.one("SELECT count(*) FROM ticket") == 50
            assert desk.one("SELECT count(*) FROM health_hot") == 1
            [parked] = desk.rows("SELECT position, reason, body FROM parked")
            assert parked["position"] == 1
            assert "ZeroDivisionError" in parked["reason"]
            assert b"POISON" in parked["body"]

    asyncio.run(story())


def test_a_line_that_was_read_twice_counts_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent = await desk.enrolled()
            await desk.deliver(agent, agent.batch(an_event(count=3)))
            await desk.deliver(agent, agent.batch(an_event(count=3), an_event(event_id="1" * 16)))
            assert desk.one("SELECT count FROM ticket") == 4
            assert desk.rows("SELECT repeated FROM batch") == [{"repeated": 0}, {"repeated": 1}]

    asyncio.run(story())


def _everything(desk: Desk) -> dict[str, object]:
    tables = [row["name"] for row in desk.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: desk.rows(f"SELECT * FROM {table}") for table in tables}  # noqa: S608


def test_unknown_errors_count_once_whatever_is_repeated(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent = await desk.enrolled()
            batch = agent.batch(an_unknown_error(count=3), an_event())
            for _ in range(3):
                await desk.deliver(agent, batch)
            await desk.deliver(agent, agent.batch(an_unknown_error(count=4)))
            assert desk.one("SELECT SUM(count) FROM unknown_day") == 7
            assert desk.one("SELECT COUNT(*) FROM unknown_error") == 1
            assert desk.one("SELECT COUNT(*) FROM parked") == 0

    asyncio.run(story())

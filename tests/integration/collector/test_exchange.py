"""A signed batch becomes tickets, exactly once, and is answered with a signed receipt."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from collector.ingest import repository
from collector.ingest.model import Job
from collector.jobs.retention import delete_old
from collector.settings import Rules
from collector.settings.model import Retention
from collector.store.database import Connection
from tests.builders import a_gap, a_health, an_event, an_inventory
from tests.fakes.exchange_desk import Desk, exchange_desk
from wire.envelope import is_another_life
from wire.messages import Event, Status

pytestmark = pytest.mark.timeout(30)


def test_an_event_becomes_a_ticket_in_the_same_answer(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent = await desk.enrolled()
            reply = await desk.deliver(agent, agent.batch(an_inventory(), a_health(), a_gap(), an_event(count=7)))
            assert (reply.mark, reply.duplicate, reply.parked) == (1, False, 0)
            [ticket] = desk.rows("SELECT * FROM ticket")
            assert ticket["number"] == "2026-000001"
            assert (ticket["module"], ticket["code"], ticket["level"]) == ("billing", "BIL-1001", 2)
            assert (ticket["status"], ticket["count"], ticket["site_id"]) == ("new", 7, "seoul")
            assert desk.one("SELECT count(*) FROM health_sample") == 1
            assert desk.one("SELECT count(*) FROM gap") == 1
            assert desk.one("SELECT count(*) FROM inventory") == 1
            assert desk.one("SELECT hostname FROM agent") == "clinic-1"
            assert [row["kind"] for row in desk.rows("SELECT kind FROM ticket_event")] == ["opened"]

    asyncio.run(story())


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


def test_duplicates_at_the_same_time_have_one_effect(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent = await desk.enrolled()
            sent = agent.exchange(agent.batch(an_event()))
            responses = await asyncio.gather(*(desk.send(sent) for _ in range(40)))
            assert {response.status_code for response in responses} == {200}
            assert desk.one("SELECT count FROM ticket") == 1
            assert desk.one("SELECT count(*) FROM batch") == 1

    asyncio.run(story())


def test_a_hole_is_filled_later(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent = await desk.enrolled()
            batches = [agent.batch(an_event(event_id=f"{at:016x}")) for at in range(4)]
            marks = [(await desk.deliver(agent, batches[at])).mark for at in (0, 2, 3, 2, 1)]
            assert marks == [1, 1, 1, 1, 4]
            assert desk.one("SELECT count FROM ticket") == 4
            assert desk.one("SELECT count(*) FROM batch_above") == 0

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
            assert desk.one("SELECT count(*) FROM health_sample") == 1
            [parked] = desk.rows("SELECT position, reason, body FROM parked")
            assert parked["position"] == 1
            assert "ZeroDivisionError" in parked["reason"]
            assert b"POISON" in parked["body"]

    asyncio.run(story())


def test_a_batch_that_cannot_be_applied_at_all_is_isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path) as desk:
            agents = [await desk.enrolled(f"site-{at}") for at in range(10)]
            add_batch = repository.add_batch

            def failing(connection: Connection, job: Job, **other: int) -> None:
                add_batch(connection, job, **other)
                if job.agent.id == agents[3].id:
                    raise KeyError("a defect")

            monkeypatch.setattr(repository, "add_batch", failing)
            sent = [agent.exchange(agent.batch(an_event())) for agent in agents]
            responses = await asyncio.gather(*map(desk.send, sent))
            assert [response.status_code for response in responses] == [200] * 3 + [503] + [200] * 6
            assert desk.one("SELECT count(*) FROM ticket") == 9
            monkeypatch.undo()
            assert (await desk.send(sent[3])).status_code == 200
            assert desk.one("SELECT count(*) FROM ticket") == 10

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


def test_silence_and_return(tmp_path: Path) -> None:
    async def story() -> None:
        rules = Rules(silent_after_s=180, silent_grace_s=600, heartbeat_s=60, stable_s=(60, 60, 60, 60))
        async with exchange_desk(tmp_path, rules) as desk:
            agent = await desk.enrolled()
            desk.clock.move(seconds=599)
            assert desk.jobs() == 0, "nobody is silent during the grace time"
            desk.clock.move(seconds=2)
            desk.jobs()
            [ticket] = desk.rows("SELECT kind, module, code, level, status, identity FROM ticket")
            assert ticket == {
                "kind": "site_silent",
                "module": "SITE",
                "code": "SITE-SILENT",
                "level": 2,
                "status": "new",
                "identity": '{"host":"clinic-1"}',
            }
            desk.jobs()
            assert desk.one("SELECT count FROM ticket") == 1, "told once"
            await desk.deliver(agent, agent.batch(a_health()))
            assert desk.one("SELECT silent_since FROM agent") is None
            desk.clock.move(seconds=61)
            desk.jobs()
            assert desk.one("SELECT status FROM ticket") == "recovered", "level 2 waits for a person"
            desk.clock.move(seconds=200)
            desk.jobs()
            assert desk.rows("SELECT status, count FROM ticket") == [{"status": "new", "count": 2}], "silent again"

    asyncio.run(story())


def test_a_host_that_reports_is_never_called_silent(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path, Rules(silent_grace_s=0)) as desk:
            agent = await desk.enrolled()
            for _ in range(10):
                desk.clock.move(seconds=60)
                await desk.deliver(agent, agent.batch(a_health()))
                assert desk.jobs() == 0
            assert desk.one("SELECT count(*) FROM ticket") == 0

    asyncio.run(story())


def test_history_is_recorded_and_opens_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent = await desk.enrolled()
            await desk.deliver(agent, agent.batch(an_event(history=True, count=9)))
            assert desk.one("SELECT count(*) FROM ticket") == 0
            assert desk.one("SELECT total FROM fingerprint") == 9
            assert desk.one("SELECT disposition FROM event") == "history"

    asyncio.run(story())


def test_open_delay_transient_and_late_opening(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path, Rules(open_delay_s=(0, 60, 300, 900))) as desk:
            agent = await desk.enrolled()
            await desk.deliver(agent, agent.batch(_at(desk, 1, count=2)))
            desk.clock.move(seconds=30)
            await desk.deliver(agent, agent.batch(_at(desk, 2, status=Status.OK)))
            desk.clock.move(seconds=100)
            assert desk.jobs() == 0
            assert desk.one("SELECT count(*) FROM ticket") == 0
            assert desk.rows("SELECT transient_count, state FROM alert") == [{"transient_count": 1, "state": "ok"}]
            await desk.deliver(agent, agent.batch(_at(desk, 3, count=5)))
            desk.clock.move(seconds=61)
            desk.jobs()
            [ticket] = desk.rows("SELECT count, level, title, product FROM ticket")
            assert ticket == {"count": 5, "level": 2, "title": '{"en":"BIL-1001"}', "product": "clinic"}
            found = [row["disposition"] for row in desk.rows("SELECT disposition FROM event ORDER BY id")]
            assert found == ["transient", "clearing", "ticket"]

    asyncio.run(story())


def _at(desk: Desk, number: int, **fields: object) -> Event:
    now = desk.clock()
    return an_event(event_id=f"{number:016x}", occurred_at=now, first_at=now, last_at=now, **fields)


def _everything(desk: Desk) -> dict[str, object]:
    tables = [row["name"] for row in desk.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: desk.rows(f"SELECT * FROM {table}") for table in tables}  # noqa: S608

"""A signed batch becomes tickets, exactly once, and is answered with a signed receipt."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.builders import a_gap, a_health, an_event, an_inventory
from tests.fakes.exchange_desk import exchange_desk

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
            assert desk.one("SELECT count(*) FROM health_hot") == 1
            assert desk.one("SELECT count(*) FROM gap") == 1
            assert desk.one("SELECT count(*) FROM inventory") == 1
            assert desk.one("SELECT hostname FROM agent") == "clinic-1"
            assert [row["kind"] for row in desk.rows("SELECT kind FROM ticket_event")] == ["opened"]

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


def test_history_is_recorded_and_opens_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent = await desk.enrolled()
            await desk.deliver(agent, agent.batch(an_event(history=True, count=9)))
            assert desk.one("SELECT count(*) FROM ticket") == 0
            assert desk.one("SELECT total FROM fingerprint") == 9
            assert desk.one("SELECT disposition FROM event") == "history"

    asyncio.run(story())

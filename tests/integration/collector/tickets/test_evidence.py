"""Released evidence completes its own event, once, and nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent.redaction.evidence import evidence_of
from tests.builders import an_event
from tests.fakes.exchange_desk import Desk, exchange_desk
from wire.messages import Event, decode_record

pytestmark = pytest.mark.timeout(30)
WHOLE = an_event(text="ERROR lines", before=["b"], after=["a"], samples=["s"], fields={"who": "kim"})
HELD = an_event(evidence_held=True)


def event_of(desk: Desk, event_id: str = WHOLE.event_id) -> Event:
    bodies = {row["event_id"]: str(row["body"]) for row in desk.rows("SELECT event_id, body FROM event")}
    found = decode_record(bodies[event_id].encode())
    assert isinstance(found, Event)
    return found


def test_lines_come_later_or_in_the_same_batch(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent = await desk.enrolled()
            await desk.deliver(agent, agent.batch(HELD))
            assert event_of(desk).evidence_held
            await desk.deliver(agent, agent.batch(evidence_of(WHOLE)))
            assert event_of(desk) == WHOLE
            other = an_event(event_id="2" * 16, evidence_held=True)
            late = evidence_of(an_event(event_id="2" * 16, text="late"))
            reply = await desk.deliver(agent, agent.batch(other, late))
            assert reply.parked == 0
            assert event_of(desk, "2" * 16).text == "late"
            assert desk.one("SELECT count FROM ticket") == 2

    asyncio.run(story())


def test_what_was_shown_is_never_replaced(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent = await desk.enrolled()
            await desk.deliver(agent, agent.batch(WHOLE))
            forged = evidence_of(an_event(text="forged"))
            reply = await desk.deliver(agent, agent.batch(forged, evidence_of(an_event(event_id="9" * 16))))
            assert reply.parked == 0
            assert event_of(desk) == WHOLE

    asyncio.run(story())


def test_another_agent_adds_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path) as desk:
            mine, foreign = await desk.enrolled(), await desk.enrolled("other-site")
            await desk.deliver(mine, mine.batch(HELD))
            await desk.deliver(foreign, foreign.batch(evidence_of(an_event(text="forged"))))
            assert event_of(desk) == HELD

    asyncio.run(story())

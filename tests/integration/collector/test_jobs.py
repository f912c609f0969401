"""What time does: closing, and tables that stay small."""

from __future__ import annotations

import asyncio
from pathlib import Path

from collector.jobs.due import close_resolved
from collector.jobs.repository import CHUNK_ROWS
from collector.jobs.retention import delete_old
from collector.settings import Rules
from collector.settings.model import Retention
from tests.builders import a_gap, a_health, an_event
from tests.fakes.exchange_desk import exchange_desk

DAY = 86_400.0


def test_a_ticket_that_resolved_itself_is_closed_after_five_days(tmp_path: Path) -> None:
    rules = Rules(open_delay_s=(0, 0, 0, 0))

    async def story() -> None:
        async with exchange_desk(tmp_path, rules) as desk:
            agent = await desk.enrolled()
            await desk.deliver(agent, agent.batch(an_event(level=3)))
            desk.clock.move(seconds=rules.stateless_expiry_s + rules.stable_s[2])
            desk.jobs()
            assert desk.one("SELECT status FROM ticket WHERE code = 'BIL-1001'") == "resolved"
            resolved_at = desk.clock.at
            desk.clock.move(seconds=rules.close_after_s - 1)
            assert close_resolved(desk.parts.store, rules, desk.clock()) == 0
            desk.clock.move(seconds=1)
            assert close_resolved(desk.parts.store, rules, desk.clock()) == 1
            assert desk.one("SELECT status FROM ticket WHERE code = 'BIL-1001'") == "closed"
            kinds = [
                row["kind"]
                for row in desk.rows(
                    "SELECT e.kind FROM ticket_event e JOIN ticket t ON t.id = e.ticket_id"
                    " WHERE t.code = 'BIL-1001' ORDER BY e.id"
                )
            ]
            assert kinds == ["opened", "recovered", "resolved", "closed"]
            assert resolved_at < desk.clock.at

    asyncio.run(story())


def test_age_and_cap_of_each_table(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent = await desk.enrolled()
            for at in range(3):
                event = an_event(event_id=f"{at:016x}", level=1)
                await desk.deliver(agent, agent.batch(a_health(), a_gap(), event, raw=[b"{}"]))
                desk.clock.move(seconds=DAY)
            marks = desk.rows("SELECT mark FROM batch_mark")
            keep = Retention(event_days=1.5, health_days=1.5, batch_days=1.5, parked_days=1.5, gap_days=1.5)
            delete_old(desk.parts.store, keep, desk.clock())
            for table in ("event", "health_sample", "batch", "parked", "gap"):
                assert desk.one(f"SELECT count(*) FROM {table}") == 1, table  # noqa: S608
            assert desk.one("SELECT count FROM ticket") == 3, "tickets and what they counted stay"
            assert desk.rows("SELECT mark FROM batch_mark") == marks, "marks stay: exact for ever"

    asyncio.run(story())


def test_the_cap_holds_whatever_the_age(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent = await desk.enrolled()
            for _ in range(3):
                await desk.deliver(agent, agent.batch(*(a_health(uptime_s=n * 7_919.0) for n in range(1_500))))
            delete_old(desk.parts.store, Retention(health_rows=1_200), desk.clock())
            assert desk.one("SELECT count(*) FROM health_sample") == 1_200
            assert desk.one("SELECT min(id) FROM health_sample") == 3_301, "the oldest went"
            assert CHUNK_ROWS < 3_300, "in more than one piece"

    asyncio.run(story())

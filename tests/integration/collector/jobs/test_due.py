"""What time alone does: silence and its end, an open delay, closing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from collector.settings import Rules
from tests.builders import a_health, an_event
from tests.fakes.exchange_desk import Desk, exchange_desk
from wire.messages import Event, Status

pytestmark = pytest.mark.timeout(30)


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
            desk.jobs()
            assert desk.one("SELECT status FROM ticket WHERE code = 'BIL-1001'") == "resolved"
            desk.clock.move(seconds=1)
            desk.jobs()
            assert desk.one("SELECT status FROM ticket WHERE code = 'BIL-1001'") == "closed"
            kinds = [
                row["kind"]
                for row in desk.rows(
                    "SELECT e.kind FROM ticket_event e JOIN ticket t ON t.id = e.ticket_id"
                    " WHERE t.code = 'BIL-1001' AND e.kind <> 'clock_warned' ORDER BY e.id"
                )
            ]
            assert kinds == ["opened", "recovered", "resolved", "closed"]
            assert resolved_at < desk.clock.at

    asyncio.run(story())

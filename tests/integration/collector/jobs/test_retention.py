"""Tables that stay small: by age, and by a cap whatever the age; tickets and marks stay."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from collector.jobs.repository import CHUNK_ROWS
from collector.jobs.retention import delete_old
from collector.relay.requests.repository import add_request
from collector.relay.requests.state import RequestState
from collector.settings.model import Retention
from tests.builders import a_gap, a_health, an_event
from tests.fakes.exchange_desk import exchange_desk
from tests.integration.collector.relay.test_requests import Story
from wire.proofs import Outcome

DAY = 86_400.0


def test_age_and_cap_of_each_table(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent = await desk.enrolled()
            for at in range(3):
                event = an_event(event_id=f"{at:016x}", level=1)
                await desk.deliver(agent, agent.batch(a_health(), a_gap(), event, raw=[b"{}"]))
                desk.clock.move(seconds=DAY)
            marks = desk.rows("SELECT mark FROM batch_mark")
            keep = Retention(event_days=1.5, batch_days=1.5, parked_days=1.5, gap_days=1.5)
            delete_old(desk.parts.store, keep, desk.clock())
            for table in ("event", "batch", "parked", "gap"):
                assert desk.one(f"SELECT count(*) FROM {table}") == 1, table  # noqa: S608
            assert desk.one("SELECT count FROM ticket") == 3, "tickets and what they counted stay"
            assert desk.rows("SELECT mark FROM batch_mark") == marks, "marks stay: exact for ever"

    asyncio.run(story())


def test_the_cap_holds_whatever_the_age(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent = await desk.enrolled()
            for _ in range(3):
                await desk.deliver(agent, agent.batch(*(a_gap(bytes_lost=n) for n in range(1_500))))
            delete_old(desk.parts.store, Retention(gap_rows=1_200), desk.clock())
            assert desk.one("SELECT count(*) FROM gap") == 1_200
            assert desk.one("SELECT min(id) FROM gap") == 3_301, "the oldest went"
            assert CHUNK_ROWS < 3_300, "in more than one piece"

    asyncio.run(story())


def test_requests_drafts_and_documents_go_after_their_time(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent = await desk.enrolled()
            on = Story(desk, agent)
            await on.poll(an_event())
            on.send(on.request(id="1" * 32, not_after=desk.clock() + timedelta(days=1)))
            on.send(on.request(id="2" * 32, reason="long"))
            settled = on.send(on.request(id="3" * 32, reason="settled"))
            await on.poll(on.result(settled, Outcome.DONE))
            with desk.parts.store.writing() as connection:
                draft = replace(on.record("2" * 32), id="4" * 32, digest=None, not_after=desk.clock())
                add_request(connection, draft, RequestState.DRAFTED, desk.clock())
            keep = Retention(document_days=2, draft_days=4, request_days=6, result_days=8)
            left = []
            for _ in range(6):
                desk.clock.move(days=2)
                delete_old(desk.parts.store, keep, desk.clock())
                tables = ("document", "action_request", "action_result")
                left.append([desk.one(f"SELECT count(*) FROM {table}") for table in tables])  # noqa: S608
            assert left == [[3, 4, 1], [1, 4, 1], [1, 3, 1], [1, 2, 1], [1, 2, 0], [1, 2, 0]]
            kept = {row["id"][0] for row in desk.rows("SELECT id FROM action_request")}
            assert kept == {"2", "3"}
            assert desk.one("SELECT count(DISTINCT request_id) FROM action_request_host") == 2

    asyncio.run(story())

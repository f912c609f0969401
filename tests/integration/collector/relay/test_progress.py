"""What a patch passes on a host is told on the ticket once, in order, and kept whole; others' tickets hear nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from collector.patches.repository import passed_states
from collector.relay.progress import states_told
from collector.relay.requests.state import RequestState
from tests.builders import an_event
from tests.fakes.exchange_desk import Desk, play
from tests.fakes.signing_agent import SigningAgent
from tests.integration.collector.relay.test_requests import ID, Story
from wire.proofs import Outcome, Passed, PatchProgress

COURSE = ["planned", "staging", "staged", "backed_up", "quiesced", "rolling_back", "rolled_back"]


def progress(desk: Desk, digest: str, count: int, *, ticket: str = "") -> PatchProgress:
    now = desk.clock()
    states = [
        Passed(
            state=state, at=now + timedelta(seconds=at), reason="it does not stop" if state == "rolling_back" else ""
        )
        for at, state in enumerate(COURSE[:count])
    ]
    return PatchProgress(digest=digest, request=ID, ticket=ticket, patch="his-2.0", states=states)


def told(desk: Desk) -> list[dict[str, Any]]:
    rows = desk.rows("SELECT detail FROM ticket_event WHERE kind = 'patched' ORDER BY id")
    return [json.loads(row["detail"]) for row in rows]


def names(detail: dict[str, Any]) -> list[str]:
    return [state for state, _ in states_told(detail["states"])]


def test_each_state_is_told_once(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        on = Story(desk, agent)
        await on.poll(an_event())
        request = on.send(on.request(desk.one("SELECT number FROM ticket")))
        await on.poll()
        for count in (1, 3, 3, 2, 7):
            await on.poll(progress(desk, request.digest, count))
        assert [names(each) for each in told(desk)] == [COURSE[:1], COURSE[1:3], COURSE[3:]]
        assert [each["reason"] for each in told(desk)] == ["", "", "it does not stop"]
        assert (on.state(), on.record().hosts[0].obstacle) == (RequestState.WAITING, "in_progress")
        await on.poll(on.result(request, Outcome.FAILED, step="rolled_back", detail="it does not stop"))
        assert on.state() is RequestState.FAILED
        with desk.parts.store.reading() as connection:
            kept = passed_states(connection, [ID])
        assert [each.state for each in kept[ID, agent.id]] == COURSE
        assert desk.one("SELECT count(*) FROM action_result WHERE outcome = 'progress'") == 1

    play(tmp_path, story)


def test_a_ticket_of_another_site_hears_nothing(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        on = Story(desk, agent)
        await on.poll(an_event())
        number = desk.one("SELECT number FROM ticket")
        other = await desk.enrolled("busan")
        await desk.deliver(other, other.batch(progress(desk, "0c" * 32, 3, ticket=number)))
        assert told(desk) == []
        await on.poll(progress(desk, "0d" * 32, 3, ticket=number))
        assert len(told(desk)) == 1

    play(tmp_path, story)


def test_without_a_ticket_it_is_kept_all_the_same(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        on = Story(desk, agent)
        request = on.send(on.request())
        await on.poll(progress(desk, request.digest, 2))
        assert told(desk) == []
        with desk.parts.store.reading() as connection:
            assert len(passed_states(connection, [ID, "f" * 32])[ID, agent.id]) == 2

    play(tmp_path, story)

"""A record that is wrong is parked and the rest applied; what is odd but legal is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from collector.store.tables import event
from tests.builders import an_event
from tests.fakes.exchange_desk import Desk, play
from tests.fakes.signing_agent import SigningAgent
from wire import messages

PARKED: dict[str, bytes] = {
    "an unknown kind": b'{"kind":"novel"}',
    "no kind": b"{}",
    "not an object": b"7",
    "NUL in an id": messages.encode_record(an_event()).replace(b"BIL-1001", b"BIL\\u0000"),
    "a path for a code": messages.encode_record(an_event()).replace(b"BIL-1001", b"../../etc"),
    "level 5": messages.encode_record(an_event()).replace(b'"level":2', b'"level":5'),
    "text for a level": messages.encode_record(an_event()).replace(b'"level":2', b'"level":"2"'),
}


def test_a_bad_record_is_parked_and_counted_and_the_rest_applied(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        for at, (name, raw) in enumerate(PARKED.items()):
            event = an_event(event_id=f"{at:016x}")
            reply = await desk.deliver(agent, agent.batch(event, raw=[raw]))
            assert (reply.mark, reply.parked) == (at + 1, 1), name
            assert desk.one("SELECT count FROM ticket") == at + 1, name
            assert desk.one("SELECT position FROM parked WHERE sequence = :at", at=at + 1) == 1
            assert desk.one("SELECT reason FROM parked WHERE sequence = :at", at=at + 1), name

    play(tmp_path, story)


def test_nul_in_a_text_is_replaced(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        text = "before\x00after, and the text \\u0000 stays"
        reply = await desk.deliver(agent, agent.batch(an_event(text=text)))
        assert reply.parked == 0
        stored = json.loads(desk.one("SELECT body FROM event"))["text"]
        assert stored == "before\ufffdafter, and the text \\u0000 stays"

    play(tmp_path, story)


@pytest.mark.parametrize("year", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1970-01-01T00:00:00Z"])
def test_times_from_the_ends_of_the_calendar_are_kept(year: str, tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        raw = json.loads(messages.encode_record(an_event()))
        raw.update(occurred_at=year, first_at=year, last_at=year)
        reply = await desk.deliver(agent, agent.batch(raw=[json.dumps(raw).encode()]))
        assert reply.parked == 0
        assert desk.one("SELECT count(*) FROM ticket") == 1
        with desk.parts.store.reading() as connection:
            assert connection.execute(event.select()).one().occurred_at.tzinfo is not None

    play(tmp_path, story)

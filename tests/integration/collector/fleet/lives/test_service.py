"""Interruptions on the ticket of the silence, and copied machines, through the exchange of a real collector."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collector.fleet.lives.service import NotHeld, release
from collector.relay.service import send
from collector.settings import Rules
from tests.builders import a_health
from tests.documents import KIM, a_request
from tests.fakes.exchange_desk import Desk, exchange_desk
from tests.fakes.signing_agent import SigningAgent
from wire.documents.envelope import add_signature, encode_envelope
from wire.documents.model import write_document
from wire.lives import Ending, EndingCause

pytestmark = pytest.mark.timeout(30)
RULES = Rules(silent_after_s=180, silent_grace_s=0, heartbeat_s=60)


async def report(desk: Desk, agent: SigningAgent, boot_id: str = "b1", session: int = 1, **batch: Any) -> Any:
    health = a_health(sampled_at=desk.clock(), boot_id=boot_id, session=session)
    return await desk.deliver(agent, agent.batch(health, session=session, **batch))


def explained(desk: Desk) -> list[dict[str, Any]]:
    rows = desk.rows("SELECT detail FROM ticket_event WHERE kind = 'explained' ORDER BY id")
    return [json.loads(row["detail"]) for row in rows]


def test_a_restart_that_was_announced_stands_on_the_ticket_of_the_silence(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path, RULES) as desk:
            agent = await desk.enrolled()
            await report(desk, agent)
            lost_at = desk.clock()
            words = Ending(at=lost_at, boot_id="b1", session=1, cause=EndingCause.REBOOT)
            await desk.deliver(agent, agent.batch(words))
            desk.clock.move(seconds=181)
            desk.jobs()
            assert explained(desk) == [{"words": "reboot"}]
            desk.clock.move(seconds=60)
            await report(desk, agent, "b2", 2)
            since = lost_at.isoformat()
            assert explained(desk) == [{"words": "reboot"}, {"cause": "reboot", "since": since}]
            assert desk.rows("SELECT interruption, lost_at FROM agent") == [{"interruption": "reboot", "lost_at": None}]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("boot_id", "session", "cause"), [("b1", 1, "link"), ("b1", 2, "agent_crashed"), ("b2", 2, "host_crashed")]
)
def test_a_silence_without_last_words_is_explained_when_it_is_over(
    tmp_path: Path, boot_id: str, session: int, cause: str
) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path, RULES) as desk:
            agent = await desk.enrolled()
            await report(desk, agent)
            desk.clock.move(seconds=181)
            desk.jobs()
            assert desk.one("SELECT count(*) FROM ticket") == 1
            assert explained(desk) == []
            desk.clock.move(seconds=60)
            await report(desk, agent, boot_id, session)
            assert [line["cause"] for line in explained(desk)] == [cause]

    asyncio.run(story())


def test_a_restart_that_nobody_missed_is_kept_with_the_host(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path, RULES) as desk:
            agent = await desk.enrolled()
            await report(desk, agent)
            await report(desk, agent, "b1", 2)
            assert desk.one("SELECT interruption FROM agent") == "agent_crashed"
            assert desk.one("SELECT count(*) FROM ticket") == 0

    asyncio.run(story())


def _document(desk: Desk, agent: SigningAgent) -> bytes:
    now = desk.clock()
    request = a_request(site="seoul", hosts=[agent.id], not_before=now, not_after=now + timedelta(hours=4), ticket="")
    return encode_envelope(add_signature(write_document(request), KIM))


def test_a_copied_machine_is_quarantined_until_a_person_releases_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path, RULES) as desk:
            agent = await desk.enrolled()
            await report(desk, agent)
            copy = "00000000000000bb"
            await report(desk, agent, epoch=copy, sequence=1)
            assert desk.one("SELECT quarantined_at FROM agent") is None, "one that was restored does this once"
            await report(desk, agent)
            await report(desk, agent, epoch=copy, sequence=2)
            assert desk.one("SELECT quarantined_at FROM agent") is not None
            assert desk.rows("SELECT module, code, level FROM ticket") == [
                {"module": "TRUST", "code": "TRUST-CLONED", "level": 2}
            ]
            send(desk.parts.store, _document(desk, agent), now=desk.clock())
            reply = await report(desk, agent)
            assert reply.documents == [], "what it says is kept, and nothing is sent down"
            assert desk.one("SELECT count(*) FROM batch") == 5
            release(desk.parts.store, agent.id)
            assert len((await report(desk, agent)).documents) == 1
            with pytest.raises(NotHeld):
                release(desk.parts.store, agent.id)

    asyncio.run(story())

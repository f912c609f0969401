"""Waiting agents through the collector's real gate, with its real database; the waker looks when told."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from collector.fleet.service import revoke_agent
from collector.relay.service import AGAIN, send
from collector.settings import Rules
from tests.fakes.exchange_desk import Desk, exchange_desk, play
from tests.fakes.signing_agent import SigningAgent
from wire import enrolment
from wire.documents.envelope import add_signature, encode_envelope
from wire.documents.model import Approval, write_document
from wire.keys import generate_key
from wire.waiting import decode_answer

KEY = generate_key()


def a_document(desk: Desk, agent: SigningAgent, site: str = "seoul") -> bytes:
    now = desk.clock()
    body: dict[str, Any] = {"id": "c" * 32, "site": site, "hosts": [agent.id], "made_at": now, "not_before": now}
    approval = Approval(**body, not_after=now + timedelta(days=1), approves="0" * 64, approver="Kim")
    return encode_envelope(add_signature(write_document(approval), KEY))


async def waits(desk: Desk, agent: SigningAgent, for_s: float = 50.0, **how: Any) -> asyncio.Task[httpx.Response]:
    """A wait under way, and known to the collector."""
    task = asyncio.create_task(desk.send(agent.wait(for_s, **how)))
    before = len(desk.engine.waiters)
    async with asyncio.timeout(10):
        while len(desk.engine.waiters) == before and not task.done():  # noqa: ASYNC110  # nothing else tells it
            await asyncio.sleep(0)
    return task


def test_a_document_wakes_its_agent_and_no_other(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        other = await desk.enrolled("busan")
        mine, others = await waits(desk, agent), await waits(desk, other)
        desk.engine.waker.look()
        await asyncio.sleep(0.05)
        assert not mine.done()
        send(desk.parts.store, a_document(desk, agent), now=desk.clock())
        desk.engine.waker.look()
        response = await asyncio.wait_for(mine, 10)
        assert response.status_code == 200
        assert decode_answer(response.content).due
        desk.check_signature(response, enrolment.ack_tag(agent.id), "wait/nonce")
        assert not others.done()
        reply = await desk.deliver(agent, agent.batch())
        assert len(reply.documents) == 1
        desk.engine.waiters.close()
        assert (await others).status_code == 503

    play(tmp_path, story)


def test_what_was_there_before_is_told_at_once_and_again_when_it_is_due_again(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        send(desk.parts.store, a_document(desk, agent), now=desk.clock())
        first = await waits(desk, agent)
        desk.engine.waker.look()
        assert decode_answer((await asyncio.wait_for(first, 10)).content).due
        await desk.deliver(agent, agent.batch())
        second = await waits(desk, agent, 0.1)
        desk.engine.waker.look()
        assert not decode_answer((await asyncio.wait_for(second, 10)).content).due
        desk.clock.move(seconds=AGAIN.total_seconds() + 1)
        third = await waits(desk, agent)
        desk.engine.waker.look()
        assert decode_answer((await asyncio.wait_for(third, 10)).content).due

    play(tmp_path, story)


def test_whoever_is_revoked_is_told_while_it_waits_and_after(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        other = await desk.enrolled("busan")
        mine, others = await waits(desk, agent), await waits(desk, other)
        revoke_agent(desk.parts.store, agent.id, now=desk.clock())
        desk.engine.registry.refresh()
        desk.engine.waker.look()
        response = await asyncio.wait_for(mine, 10)
        assert (response.status_code, response.json()["error"]) == (403, "agent_revoked")
        desk.check_signature(response, enrolment.ack_tag(agent.id), "wait/nonce")
        assert (await desk.send(agent.wait())).status_code == 403
        assert not others.done()
        others.cancel()

    play(tmp_path, story)


def test_one_who_came_while_it_was_being_revoked_is_found(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        revoke_agent(desk.parts.store, agent.id, now=desk.clock())
        mine = await waits(desk, agent)  # the registry does not know yet
        desk.engine.registry.refresh()
        desk.engine.waker.look()
        assert (await asyncio.wait_for(mine, 10)).status_code == 403

    play(tmp_path, story)


@pytest.mark.parametrize(
    ("how", "status", "error"),
    [
        ({"tag": "ingest-v1:" + "x" * 43}, 401, "audience_wrong"),
        ({"sequence": "00000000000000aa/1"}, 400, "sequence_mismatch"),
    ],
)
def test_a_wait_that_says_something_else_is_refused(
    tmp_path: Path, how: dict[str, str], status: int, error: str
) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        response = await desk.send(agent.wait(**how))  # type: ignore[arg-type]
        assert (response.status_code, response.json()["error"]) == (status, error)
        assert len(desk.engine.waiters) == 0

    play(tmp_path, story)


def test_a_batch_signature_is_no_wait_and_a_stranger_waits_for_nothing(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        tag = enrolment.exchange_tag(desk.receipt_key_id)
        assert (await desk.send(agent.wait(tag=tag))).status_code == 401
        assert (await desk.send(desk.stranger().wait())).status_code == 401
        changed = agent.wait(5)
        body = changed.body.replace(b"5", b"6")
        response = await desk.client.post(changed.path, headers=changed.headers, content=body)
        assert response.status_code == 401
        assert len(desk.engine.waiters) == 0

    play(tmp_path, story)


def test_over_the_limit_the_answer_says_when_to_come_back(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path, Rules(waiters=1)) as desk:
            first, second = await desk.enrolled("seoul"), await desk.enrolled("busan")
            mine = await waits(desk, first)
            response = await desk.send(second.wait())
            assert (response.status_code, response.json()["error"]) == (503, "no_place")
            assert int(response.headers["retry-after"]) >= 30
            again = asyncio.create_task(desk.send(first.wait()))
            assert (await asyncio.wait_for(mine, 10)).json()["error"] == "replaced"
            again.cancel()

    asyncio.run(story())


def test_where_nobody_waits_it_is_told(tmp_path: Path) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path, Rules(wait_s=0)) as desk:
            response = await desk.send((await desk.enrolled()).wait())
            assert (response.status_code, response.json()["error"]) == (404, "no_waiting")

    asyncio.run(story())


def test_nobody_is_held_longer_than_it_asked_for(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        response = await asyncio.wait_for(desk.send(agent.wait(0.05)), 10)
        answer = decode_answer(response.content)
        assert (answer.due, answer.wait_s) == (False, 50)

    play(tmp_path, story)

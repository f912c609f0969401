"""First contact: one token, one agent; a second use is refused and told to both sides."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from tests.fakes.exchange_desk import Desk, exchange_desk
from tests.fakes.signing_agent import Sent
from wire import enrolment, envelope, keys


def _run(folder: Path, story: Callable[[Desk], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with exchange_desk(folder) as desk:
            await story(desk)

    asyncio.run(whole())


def _error(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, envelope.decode_refusal(response.content).error


def test_a_token_makes_an_agent(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        agent = desk.stranger()
        response = await desk.send(agent.enrolment(desk.site("seoul")))
        assert response.status_code == 200
        desk.check_signature(response, enrolment.enrol_ack_tag(agent.key_id), "enrol")
        reply = enrolment.decode_enrol_reply(response.content)
        assert (reply.site, reply.generation, reply.interval_s) == ("seoul", "g1", 60.0)
        assert reply.receipt_key == keys.public_text(desk.parts.receipt_key)
        agent.id = reply.agent
        await desk.deliver(agent, agent.batch())

    _run(tmp_path, story)


def test_the_second_use_is_refused_and_opens_a_ticket(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        token = desk.site("seoul")
        assert (await desk.send(desk.stranger().enrolment(token))).status_code == 200
        thief = desk.stranger()
        for _ in range(2):
            response = await desk.send(thief.enrolment(token))
            assert _error(response) == (409, "token_used")
            desk.check_signature(response, enrolment.enrol_ack_tag(thief.key_id), "enrol")
        [ticket] = desk.rows("SELECT site_id, module, code, level, status, count, identity FROM ticket")
        assert ticket["identity"] == f'{{"token":"{token.id}"}}'
        del ticket["identity"]
        assert ticket == {
            "site_id": "seoul",
            "module": "TRUST",
            "code": "TRUST-TOKEN-REUSED",
            "level": 2,
            "status": "new",
            "count": 2,
        }
        assert desk.one("SELECT count(*) FROM agent") == 1

    _run(tmp_path, story)


def test_the_key_must_be_held_by_who_brings_it(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        token, agent = desk.site("seoul"), desk.stranger()
        other = keys.public_text(keys.generate_key())
        assert _error(await desk.send(agent.enrolment(token, public_key=other))) == (401, "key_unknown")
        good = agent.enrolment(token)
        forged = Sent(
            good.path, {**good.headers, "signature": desk.stranger().enrolment(token).headers["signature"]}, good.body
        )
        assert _error(await desk.send(forged)) == (401, "signature_wrong")
        assert desk.one("SELECT used_at IS NULL FROM enrol_token") == 1, "the token is not used up"

    _run(tmp_path, story)


def test_a_clock_that_is_off_is_told_with_our_signed_time(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        agent = desk.stranger()
        sent = agent.enrolment(desk.site("seoul"))
        desk.clock.move(days=1)
        response = await desk.send(sent)
        assert _error(response) == (401, "clock_skew")
        desk.check_signature(response, enrolment.enrol_ack_tag(agent.key_id), "enrol")

    _run(tmp_path, story)

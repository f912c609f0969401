"""The decision about one enrolment: who gets in, and what a refused one may learn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from tests.fakes.exchange_desk import Desk, exchange_desk
from wire import enrolment, envelope
from wire.enrolment import Token


def _run(folder: Path, story: Callable[[Desk], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with exchange_desk(folder) as desk:
            await story(desk)

    asyncio.run(whole())


def _error(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, envelope.decode_refusal(response.content).error


def test_a_lost_answer_may_be_asked_for_again_until_the_first_batch(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        token, agent = desk.site("seoul"), desk.stranger()
        first = enrolment.decode_enrol_reply((await desk.send(agent.enrolment(token))).content)
        again = enrolment.decode_enrol_reply((await desk.send(agent.enrolment(token))).content)
        assert first.agent == again.agent
        assert desk.one("SELECT count(*) FROM ticket") == 0
        agent.id = first.agent
        await desk.deliver(agent, agent.batch())
        assert _error(await desk.send(agent.enrolment(token))) == (409, "token_used")

    _run(tmp_path, story)


def test_two_at_once_with_one_token(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        token = desk.site("seoul")
        responses = await asyncio.gather(*(desk.send(desk.stranger().enrolment(token)) for _ in range(6)))
        assert sorted(response.status_code for response in responses) == [200] + [409] * 5
        assert desk.one("SELECT count(*) FROM agent") == 1

    _run(tmp_path, story)


def _unknown(token: Token) -> Token:
    return Token("0" * 16, token.secret, token.receipt_digest)


def _wrong(token: Token) -> Token:
    return Token(token.id, "0" * 32, token.receipt_digest)


@pytest.mark.parametrize("change", [_unknown, _wrong, None])
def test_unknown_wrong_and_expired_are_one_answer(change: Callable[[Token], Token] | None, tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        token, agent = desk.site("seoul"), desk.stranger()
        if change is None:
            desk.clock.move(seconds=86_401)
        response = await desk.send(agent.enrolment(change(token) if change else token))
        refusal = envelope.decode_refusal(response.content)
        assert (response.status_code, refusal.error) == (403, "token_refused")
        assert refusal.detail == "this token is unknown, wrong or expired"
        desk.check_signature(response, enrolment.enrol_ack_tag(agent.key_id), "enrol")
        assert desk.one("SELECT count(*) FROM agent") == 0

    _run(tmp_path, story)


def test_an_enrolled_key_cannot_enrol_a_second_agent(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        agent = desk.stranger()
        assert (await desk.send(agent.enrolment(desk.site("seoul")))).status_code == 200
        second = desk.site("shanghai")
        assert _error(await desk.send(agent.enrolment(second))) == (409, "key_enrolled")
        assert (await desk.send(desk.stranger().enrolment(second))).status_code == 200, "the token is still good"

    _run(tmp_path, story)

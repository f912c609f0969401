"""The outside of a request: a head that says two things, a body that never ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from collector.ingest.request import Limits
from collector.serving.serve import exchange_app
from tests.builders import an_event
from tests.fakes.exchange_desk import Desk, play
from tests.fakes.signing_agent import SigningAgent


def test_a_repeated_header_is_refused(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        sent = agent.exchange(agent.batch(an_event()))
        headers = [*sent.headers.items(), ("signature", sent.headers["signature"])]
        assert (await desk.client.post(sent.path, headers=headers, content=sent.body)).status_code == 400

    play(tmp_path, story)


def test_a_body_that_drips_is_given_up(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        app = exchange_app(desk.engine)
        app._limits = Limits(deadline_s=0.2, grace_s=0.1)
        app._monotonic = asyncio.get_running_loop().time
        sent = agent.exchange(agent.batch(an_event()))

        async def drip() -> AsyncIterator[bytes]:
            while True:
                yield b"x"
                await asyncio.sleep(0.02)

        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://collector") as client:
            response = await client.post(sent.path, headers=sent.headers, content=drip())
        assert (response.status_code, response.headers["connection"]) == (408, "close")

    play(tmp_path, story)


def test_an_endless_body_is_cut_without_keeping_it(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        sent = agent.exchange(agent.batch(an_event()))
        given_bytes = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal given_bytes
            while True:
                given_bytes += 65_536
                yield bytes(65_536)

        response = await desk.client.post(sent.path, headers=sent.headers, content=endless())
        assert (response.status_code, response.headers["connection"]) == (413, "close")
        assert given_bytes < 10_000_000

    play(tmp_path, story)

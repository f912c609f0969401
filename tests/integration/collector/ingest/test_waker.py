"""The waker's own thread, on a real database."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from collector.ingest.waker import Waker
from collector.relay.service import send
from tests.fakes.exchange_desk import Desk, play
from tests.fakes.signing_agent import SigningAgent
from tests.integration.collector.ingest.test_waiting import a_document, waits
from wire.waiting import decode_answer


def test_the_thread_finds_what_another_process_has_sent(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        desk.engine.waker.start()
        try:
            mine = await waits(desk, agent)
            await asyncio.to_thread(send, desk.parts.store, a_document(desk, agent), now=desk.clock())
            assert decode_answer((await asyncio.wait_for(mine, 10)).content).due
        finally:
            desk.engine.waker.stop()

    play(tmp_path, story)


def test_a_database_that_fails_once_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        looks: list[int] = []
        look = Waker.look

        def failing(waker: Waker) -> None:
            looks.append(1)
            if len(looks) == 1:
                raise OSError("the disk")
            look(waker)

        monkeypatch.setattr(Waker, "look", failing)
        with caplog.at_level(logging.CRITICAL):
            desk.engine.waker.start()
            mine = await waits(desk, agent)
            send(desk.parts.store, a_document(desk, agent), now=desk.clock())
            assert (await asyncio.wait_for(mine, 10)).status_code == 200
        desk.engine.waker.stop()
        assert len(looks) > 1

    play(tmp_path, story)


def test_nothing_is_asked_of_the_database_while_nobody_waits(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        send(desk.parts.store, a_document(desk, agent), now=desk.clock())
        desk.engine.waker.look()
        assert desk.engine.waker._newest is None
        mine = await waits(desk, agent)
        desk.engine.waker.look()
        assert desk.engine.waker._newest == 1
        assert (await asyncio.wait_for(mine, 10)).status_code == 200

    play(tmp_path, story)

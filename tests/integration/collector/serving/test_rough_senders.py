"""Senders that drip, stop in the middle, vanish or come in crowds, on real sockets: each within its time, no 5xx."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from pathlib import Path

import pytest

from collector.serving.protocol import LimitedProtocol
from tests.builders import a_health, an_event
from tests.fakes.listening_desk import QUICK, Listening, play_on_sockets, request

SLACK_S = 3.0  # this machine may be busy with other things


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    monkeypatch.setattr(LimitedProtocol, "head_s", 0.5)
    caplog.set_level(logging.WARNING)
    return caplog


def test_a_body_that_drips_is_given_up(tmp_path: Path) -> None:
    async def story(listening: Listening) -> None:
        agent = await listening.desk.enrolled()
        whole = request(agent.exchange(agent.batch(an_event(text="x" * 4_000))))
        wire, begun = await listening.connect(), time.monotonic()
        await wire.send(whole[:-300])
        answering = asyncio.create_task(wire.rest())
        for at in range(300):
            if answering.done():
                break
            with contextlib.suppress(ConnectionError):  # it had enough
                await wire.send(whole[len(whole) - 300 + at :][:1])
            await asyncio.sleep(0.02)
        assert (await answering).startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - begun < QUICK.deadline_s + SLACK_S
        assert listening.desk.one("SELECT count(*) FROM batch") == 0

    play_on_sockets(tmp_path, story)


@pytest.mark.parametrize("part", [0.0, 0.5, 0.99])
def test_a_sender_that_stops_in_the_middle_and_stays_is_given_up(part: float, tmp_path: Path) -> None:
    async def story(listening: Listening) -> None:
        agent = await listening.desk.enrolled()
        head, _, body = request(agent.exchange(agent.batch(an_event()))).partition(b"\r\n\r\n")
        wire, begun = await listening.connect(), time.monotonic()
        await wire.send(head + b"\r\n\r\n" + body[: int(part * len(body))])
        assert (await wire.rest()).startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - begun < QUICK.deadline_s + SLACK_S

    play_on_sockets(tmp_path, story)


@pytest.mark.parametrize("rudely", [False, True])
def test_bodies_that_are_cut_leave_nothing_behind(
    rudely: bool,  # a table
    tmp_path: Path,
    quiet: pytest.LogCaptureFixture,
) -> None:
    async def story(listening: Listening) -> None:
        agent = await listening.desk.enrolled()
        batch = agent.batch(an_event())
        whole = request(agent.exchange(batch))
        for cut in range(20, len(whole) - 1, 97):
            wire = await listening.connect()
            await wire.send(whole[:cut])
            await wire.close(rudely=rudely)
        assert await listening.post(agent.exchange(batch)) == 200
        assert listening.desk.one("SELECT count(*) FROM batch") == 1

    play_on_sockets(tmp_path, story)
    assert [record.getMessage() for record in quiet.records if record.levelno >= logging.ERROR] == []


def test_whoever_vanishes_before_the_answer_finds_it_taken(tmp_path: Path) -> None:
    async def story(listening: Listening) -> None:
        agent = await listening.desk.enrolled()
        batch = agent.batch(an_event())
        wire = await listening.connect()
        await wire.send(request(agent.exchange(batch)))
        for _ in range(500):
            if listening.desk.one("SELECT count(*) FROM batch"):
                break
            await asyncio.sleep(0.01)
        await wire.close(rudely=True)
        reply = await listening.desk.deliver(agent, batch)
        assert (reply.mark, reply.duplicate) == (1, True)
        assert listening.desk.one("SELECT count(*) FROM event") == 1

    play_on_sockets(tmp_path, story)


def test_more_connections_than_allowed_are_told_to_come_back_and_then_find_room(tmp_path: Path) -> None:
    async def story(listening: Listening) -> None:
        agent = await listening.desk.enrolled()
        batch = agent.batch(an_event())
        silent = [await listening.connect() for _ in range(12)]
        assert await listening.post(agent.exchange(batch)) == 503
        for wire in silent:
            assert (await wire.rest()).startswith(b"HTTP/1.1 408 ")
        assert await listening.post(agent.exchange(batch)) == 200

    play_on_sockets(tmp_path, story, connections=10)


def test_slow_ones_hold_up_nobody_else(tmp_path: Path) -> None:
    async def story(listening: Listening) -> None:
        agent = await listening.desk.enrolled()
        wires = [await listening.connect() for _ in range(100)]
        for wire in wires:
            await wire.send(b"POST /v1/exchange HTTP/1.1\r\nHost: c\r\n")
        begun = time.monotonic()
        assert await listening.post(agent.exchange(agent.batch(an_event()))) == 200
        assert time.monotonic() - begun < SLACK_S
        for wire in wires:
            await wire.close()

    play_on_sockets(tmp_path, story)


def test_a_herd_is_taken_whole(tmp_path: Path) -> None:
    """Forty agents in a tenth of a second; benchmarks/fleet.py measures two thousand."""

    async def story(listening: Listening) -> None:
        agents = [await listening.desk.enrolled(f"site-{at}") for at in range(40)]
        sent = [agent.exchange(agent.batch(a_health(), an_event())) for agent in agents]
        begun = time.monotonic()
        statuses = await asyncio.gather(*(listening.post(each) for each in sent))
        assert set(statuses) == {200}
        assert time.monotonic() - begun < 2.0 + SLACK_S

    play_on_sockets(tmp_path, story)

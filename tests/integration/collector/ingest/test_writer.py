"""The queue and its thread: bounded, isolating, and honest about being stuck."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collector.ingest import repository, writer
from collector.ingest.model import Job
from tests.builders import an_event
from tests.fakes.exchange_desk import Desk, exchange_desk, play
from tests.fakes.signing_agent import SigningAgent
from wire import envelope


def repeats(desk: Desk) -> float:
    return sum(sample.value for sample in desk.engine.measures.repeats.family().samples)


def _until(fact: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_full_queue_refuses_at_once_and_forgets_nothing_it_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "QUEUE_JOBS", 5)

    async def story(desk: Desk, agent: SigningAgent) -> None:
        agents = [await desk.enrolled(f"site-{at}") for at in range(30)]
        other = sqlite3.connect(tmp_path / "collector.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        tasks = [asyncio.create_task(desk.send(one.exchange(one.batch(an_event())))) for one in agents]
        done, waiting = await asyncio.wait(tasks, timeout=1.0)
        assert done, "some were refused while the writer was held up"
        assert {task.result().status_code for task in done} == {503}
        other.execute("ROLLBACK")
        other.close()
        answers = [task.result() for task in (await asyncio.wait(waiting))[0]]
        assert {answer.status_code for answer in answers} == {200}
        assert desk.one("SELECT count(*) FROM ticket") == len(answers)

    play(tmp_path, story)


def test_a_writer_that_is_stuck_is_unhealthy(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        assert desk.engine.writer.is_alive
        other = sqlite3.connect(tmp_path / "collector.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        held = asyncio.create_task(desk.send(agent.exchange(agent.batch(an_event()))))
        await asyncio.to_thread(_until, lambda: desk.engine.writer._busy_since is not None)
        desk.clock.move(seconds=6)
        assert not desk.engine.writer.is_alive
        second = await desk.send(agent.exchange(agent.batch(an_event())))
        assert (second.status_code, envelope.decode_refusal(second.content).error) == (503, "overloaded")
        other.execute("ROLLBACK")
        other.close()
        assert (await held).status_code == 200
        assert desk.engine.writer.is_alive

    play(tmp_path, story)


def test_a_batch_that_cannot_be_applied_at_all_is_isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with exchange_desk(tmp_path) as desk:
            agents = [await desk.enrolled(f"site-{at}") for at in range(10)]
            batch_row = repository.batch_row

            def failing(job: Job, **other: int) -> dict[str, Any]:
                if job.agent.id == agents[3].id:
                    raise KeyError("a defect")
                return batch_row(job, **other)

            monkeypatch.setattr(repository, "batch_row", failing)
            sent = [agent.exchange(agent.batch(an_event())) for agent in agents]
            responses = await asyncio.gather(*map(desk.send, sent))
            assert [response.status_code for response in responses] == [200] * 3 + [503] + [200] * 6
            assert desk.one("SELECT count(*) FROM ticket") == 9
            monkeypatch.undo()
            assert (await desk.send(sent[3])).status_code == 200
            assert desk.one("SELECT count(*) FROM ticket") == 10
            assert repeats(desk) == 0
            monkeypatch.setattr(repository, "batch_row", failing)
            second = await desk.send(agents[3].exchange(agents[3].batch(sequence=2)))
            assert (second.status_code, repeats(desk)) == (503, 1)

    asyncio.run(story())

"""The jobs' thread catches up in pieces, and a job that fails stops neither itself nor the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.fleet.model import Site
from collector.fleet.registry import Registry
from collector.fleet.repository import add_site
from collector.jobs import loop
from collector.jobs.due import CHUNK
from collector.jobs.loop import Duties, JobLoop
from collector.settings import Rules, Settings
from collector.store.database import Store
from collector.store.opening import open_store_in
from collector.tickets.codebook import Codebook
from collector.tickets.recording import Sighting, record
from tests.builders import an_event

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
RULES = Rules(open_delay_s=(60, 60, 60, 60), silent_grace_s=0, storm_fingerprints=1_000)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store_in(tmp_path)
    with store.writing() as connection:
        add_site(connection, Site("seoul", "Hospital", "Hanbit", "Asia/Seoul", "en", NOW))
    yield store
    store.close()


def duties(store: Store, now: Callable[[], datetime]) -> Duties:
    return Duties(
        store=store,
        registry=Registry(store),
        settings=Settings(rules=RULES),
        started_at=NOW,
        now=now,
        new_secret=lambda: "f" * 32,
        interval_s=lambda: RULES.heartbeat_s,
    )


def waiting(store: Store, count: int) -> None:
    """So many alerts whose open delay ends in a minute."""
    events = [an_event(event_id=f"{at:032x}", identity={"queue": str(at)}, level=1) for at in range(count)]
    with store.writing() as connection:
        record(connection, "seoul", [Sighting(each, NOW) for each in events], codebook=Codebook([]), rules=RULES)


def tickets(store: Store) -> int:
    with store.reading() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM ticket").scalar_one())


def test_one_tick_takes_many_chunks_and_no_more_than_its_rounds(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "ROUNDS", 2)
    waiting(store, 2 * CHUNK + 30)
    work = duties(store, lambda: NOW + timedelta(seconds=61))
    assert duties(store, lambda: NOW + timedelta(seconds=59)).quick() == 0, "not due yet"
    assert [work.quick(), tickets(store)] == [2 * CHUNK, 2 * CHUNK]
    assert [work.quick(), tickets(store)] == [30, 2 * CHUNK + 30]
    assert work.quick() == 0


def test_a_job_that_fails_is_tried_again_and_told(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    waiting(store, 1)
    calls: list[int] = []
    ended = threading.Event()

    def now() -> datetime:
        calls.append(1)
        if len(calls) == 1:
            raise KeyError("a defect")
        if tickets(store):
            ended.set()
        return NOW + timedelta(seconds=61)

    jobs = JobLoop(duties(store, now), time.monotonic)
    jobs.start()
    try:
        assert ended.wait(10), "the tick after the failed one did the work"
        assert jobs.is_alive
    finally:
        jobs.stop()
    assert not jobs.is_alive
    assert "a job failed" in caplog.text

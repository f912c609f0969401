from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from agent.health.watch import HealthWatch
from agent.settings.model import HealthSettings, Settings
from agent.spool import Deposit, SpoolFull
from agent.tasks import FULL_S, NOT_ENROLLED_S, HealthTask, ReaderTask, UplinkTask
from agent.uplink.identity import FILE_NAME, IdentityFile, save_identity
from tests.fakes.agent_parts import a_spool, an_event, some_luck
from tests.fakes.collector import Collector, FakeTransport, ManualClock
from wire.keys import generate_key, private_pem, public_text


class FullReader:
    def turn(self, now: datetime) -> float:
        raise SpoolFull("no room")


def test_a_full_spool_makes_the_reader_wait() -> None:
    assert ReaderTask(FullReader(), ManualClock().now).turn() == FULL_S


class CountingWatch(HealthWatch):
    def __init__(self) -> None:
        self.settings = HealthSettings()
        self.taken = 0
        self.is_full = False

    def take(self, now: datetime) -> None:
        if self.is_full:
            raise SpoolFull("no room")
        self.taken += 1


def test_health_at_the_collectors_pace() -> None:
    clock, watch = ManualClock(), CountingWatch()
    task = HealthTask(watch, some_luck(clock), name=lambda: "a1")
    wait_s = task.turn()
    assert watch.taken == 1
    assert 30 <= wait_s <= 96
    clock.pass_time(wait_s / 2)
    assert task.turn() > 0
    assert watch.taken == 1
    assert task.change_interval(2.0)
    assert not task.change_interval(2.0)
    wait_s = task.turn()
    assert wait_s <= 3.2
    clock.pass_time(wait_s)
    task.turn()
    assert watch.taken == 2
    assert task.change_interval(2.0, 0.5)
    assert not task.change_interval(2.0, 0.5)


def test_a_sample_that_did_not_fit_is_not_taken_again_at_once() -> None:
    clock, watch = ManualClock(), CountingWatch()
    watch.is_full = True
    task = HealthTask(watch, some_luck(clock), name=lambda: "a1")
    assert task.turn() > 1


class Bench:
    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.collector = Collector(self.clock.now)
        self.spool = a_spool(folder, self.clock)
        self.settings = Settings(collector="http://127.0.0.1:1", state=str(folder))
        self.connected: list[str] = []
        self.intervals: list[float] = []
        self.names = 0
        self.task = UplinkTask(
            self.spool,
            self.settings,
            some_luck(self.clock),
            connect=self._connect,
            on_interval=lambda interval_s, _phase_s: self.intervals.append(interval_s),
            on_new_name=self._named,
        )

    def _connect(self, settings: Settings) -> FakeTransport:
        self.connected.append(settings.collector)
        return FakeTransport(self.collector)

    def _named(self) -> None:
        self.names += 1

    def enrol(self, agent: str) -> None:
        key = generate_key()
        self.collector.accept(agent, key.public_key())
        content = IdentityFile(
            agent=agent,
            site="seoul",
            collector="http://127.0.0.1:1",
            receipt_key=public_text(self.collector.key),
            interval_s=30.0,
            private_key=private_pem(key).decode(),
        )
        save_identity(Path(self.settings.state), content)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_before_enrolment_it_waits_and_then_delivers_without_a_restart(bench: Bench) -> None:
    bench.spool.deposit(Deposit(events=[an_event()]))
    assert bench.task.turn() == NOT_ENROLLED_S
    assert bench.connected == []
    bench.enrol("a1")
    bench.task.turn()
    assert len(bench.collector.events()) == 1
    assert bench.intervals[0] == 30.0
    assert bench.names == 0


def test_another_enrolment_takes_over(bench: Bench) -> None:
    bench.enrol("a1")
    bench.task.turn()
    bench.enrol("a2")
    bench.spool.deposit(Deposit(events=[an_event()]))
    bench.task.turn()
    assert {name for name, _ in bench.collector.state.marks} == {"a2"}
    assert bench.names == 1


def test_a_broken_identity_is_a_problem_that_is_told(bench: Bench) -> None:
    (Path(bench.settings.state) / FILE_NAME).write_bytes(b"{}")
    assert bench.task.turn() == NOT_ENROLLED_S
    assert "--force" in str(bench.task.report.problem)


def test_new_settings_connect_anew(bench: Bench) -> None:
    from msgspec.structs import replace

    bench.enrol("a1")
    bench.task.turn()
    bench.task.change_settings(replace(bench.settings, sources=[]))
    bench.task.turn()
    assert len(bench.connected) == 1
    bench.task.change_settings(replace(bench.settings, collector="http://127.0.0.1:2"))
    bench.task.turn()
    assert bench.connected == ["http://127.0.0.1:1", "http://127.0.0.1:2"]


def test_a_report_before_its_time() -> None:
    clock, watch = ManualClock(), CountingWatch()
    task = HealthTask(watch, some_luck(clock), name=lambda: "a1")
    task.turn()
    task.hurry()
    assert task.turn() >= 30
    assert watch.taken == 2

from __future__ import annotations

from pathlib import Path

import pytest

from agent.health.sampling import Members, Sample
from agent.health.watch import HealthWatch
from agent.settings.model import HealthSettings, Limit, WatchedProcess
from agent.spool import Deposit, Spool, SpoolFull
from tests.fakes.agent_parts import a_health, a_spool
from tests.fakes.collector import ManualClock
from wire.messages import Disk, Event, Process, decode_record

AT_ONCE = Limit(raise_percent=90, clear_percent=85)


class Scripted:
    """Samples as told."""

    def __init__(self) -> None:
        self.disks = {"/": 50.0}
        self.running: Members = {"app": frozenset({(1, 1.0)})}
        self.cpu = 10.0

    def sample(self, watched: list[WatchedProcess], now: object) -> Sample:
        health = a_health(
            cpu_percent=self.cpu,
            disks=[Disk(mount=mount, size_bytes=1, used_percent=used) for mount, used in self.disks.items()],
            processes=[Process(name=item.name, running=len(self.running[item.name])) for item in watched],
        )
        return Sample(health, self.running)


class Bench:
    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.spool: Spool = a_spool(folder, self.clock)
        self.sampler = Scripted()
        self.settings = HealthSettings(
            disk=AT_ONCE,
            cpu=Limit(raise_percent=95, clear_percent=80, for_s=120),
            processes=[WatchedProcess(name="app", command="app")],
        )
        self.watch = self.fresh()

    def fresh(self) -> HealthWatch:
        return HealthWatch(
            self.spool, self.settings, sampler=self.sampler, hostname="h", monotonic=self.clock.monotonic
        )

    def take(self) -> list[tuple[str, str]]:
        """Codes and subjects of the events of one sample."""
        before = {row[0] for row in self.spool._read("SELECT id FROM waiting")}
        self.watch.take(self.clock.now())
        self.clock.pass_time(60)
        rows = self.spool._read("SELECT id, record FROM waiting ORDER BY id")
        records = [decode_record(raw) for number, raw in rows if number not in before]
        return [
            (record.code, record.identity.get("mount", record.identity.get("process", "")))
            for record in records
            if isinstance(record, Event)
        ]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_all_is_well(bench: Bench) -> None:
    assert bench.take() == []
    assert bench.spool.levels() == {}
    assert bench.spool.stand().usage.health_rows == 1


def test_a_disk_fills_and_is_emptied(bench: Bench) -> None:
    bench.sampler.disks["/"] = 93.0
    assert bench.take() == [("HOST-DSK-0090", "/")]
    assert bench.spool.levels() == {"disk:/": "firing"}
    bench.sampler.disks["/"] = 88.0
    assert bench.take() == []
    bench.sampler.disks["/"] = 80.0
    assert bench.take() == [("HOST-DSK-0000", "/")]
    assert bench.spool.levels() == {"disk:/": "ok"}


def test_a_restart_raises_nothing_twice_and_still_clears(bench: Bench) -> None:
    bench.sampler.disks["/"] = 93.0
    bench.take()
    bench.watch = bench.fresh()
    assert bench.take() == []
    bench.sampler.disks["/"] = 10.0
    assert bench.take() == [("HOST-DSK-0000", "/")]


def test_the_processor_must_be_busy_for_a_while(bench: Bench) -> None:
    bench.sampler.cpu = 99.0
    assert [bench.take() for _ in range(3)] == [[], [], [("HOST-CPU-0095", "")]]


def test_a_process_dies_and_comes_back(bench: Bench) -> None:
    bench.take()
    bench.sampler.running = {"app": frozenset()}
    assert bench.take() == [("HOST-PRC-0001", "app")]
    assert bench.take() == []
    bench.sampler.running = {"app": frozenset({(2, 2.0)})}
    assert bench.take() == [("HOST-PRC-0000", "app")]


def test_a_process_that_was_restarted_between_two_samples_is_told(bench: Bench) -> None:
    bench.take()
    bench.sampler.running = {"app": frozenset({(2, 2.0)})}
    assert bench.take() == [("HOST-PRC-0001", "app"), ("HOST-PRC-0000", "app")]
    assert bench.spool.levels() == {}


def test_what_is_no_longer_there_is_cleared(bench: Bench) -> None:
    bench.sampler.disks["/data"] = 99.0
    bench.sampler.running = {"app": frozenset()}
    bench.take()
    del bench.sampler.disks["/data"]
    bench.watch.settings = HealthSettings(disk=AT_ONCE)
    assert sorted(bench.take()) == [("HOST-DSK-0000", "/data"), ("HOST-PRC-0000", "app")]
    assert bench.take() == []


def test_a_deposit_that_failed_happens_again(bench: Bench) -> None:
    bench.take()
    bench.sampler.disks["/"] = 95.0
    honest = bench.spool.deposit

    def full(deposit: Deposit) -> None:
        raise SpoolFull("no room")

    bench.spool.deposit = full  # type: ignore[method-assign]
    with pytest.raises(SpoolFull):
        bench.watch.take(bench.clock.now())
    bench.spool.deposit = honest  # type: ignore[method-assign]
    assert bench.take() == [("HOST-DSK-0090", "/")]

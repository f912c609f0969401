from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from agent.health.probes.tcp import Tcp
from agent.health.rounds import DEADLINE_S, STUCK, TOGETHER, Rounds
from agent.health.running import Outcome
from agent.settings.probes import TcpCheck
from agent.spool.port import SpoolFull
from tests.fakes.collector import ManualClock
from tests.fakes.probes import ScriptedProbe


class Heard:
    def __init__(self) -> None:
        self.taken: list[str] = []
        self.hanging: list[str] = []
        self.kept: frozenset[str] = frozenset()
        self.is_full = False

    def take(self, probe: str, outcome: Outcome, now: datetime) -> None:
        if self.is_full:
            raise SpoolFull("full")
        self.taken.append(probe)

    def hangs(self, probe: str, now: datetime) -> None:
        self.hanging.append(probe)

    def forget(self, kept: frozenset[str], now: datetime) -> None:
        self.kept = kept


class Bench:
    def __init__(self) -> None:
        self.heard = Heard()
        self.clock = ManualClock()
        self.woken = threading.Event()
        self.rounds = Rounds(self.heard, now=self.clock.now, monotonic=self.clock.monotonic, wake=self.woken.set)
        self.probes: list[ScriptedProbe] = []

    def add(self, count: int, *, hang: bool = False) -> list[ScriptedProbe]:
        added = [ScriptedProbe(f"p{len(self.probes) + at}") for at in range(count)]
        for probe in added:
            if hang:
                probe.gate.clear()
        self.probes += added
        self.rounds.change(self.probes)
        return added

    def until(self, wanted: Callable[[], bool]) -> None:
        """Turn until it is so; real threads run beside."""
        end = time.monotonic() + 10
        while not wanted():
            assert time.monotonic() < end
            self.rounds.turn()
            self.woken.wait(0.005)
            self.woken.clear()

    def starts(self) -> int:
        return sum(probe.starts for probe in self.probes)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    for probe in bench.probes:
        probe.gate.set()


def test_each_is_read_once_an_interval(bench: Bench) -> None:
    bench.add(3)
    bench.clock.pass_time(1)
    bench.until(lambda: len(bench.heard.taken) == 3)
    assert 0 < bench.rounds.turn() <= 60
    assert bench.starts() == 3
    bench.clock.pass_time(60)
    bench.until(lambda: len(bench.heard.taken) == 6)


def test_a_turn_is_short_while_all_hang_and_few_run_at_a_time(bench: Bench) -> None:
    bench.add(10, hang=True)
    bench.clock.pass_time(5)
    begin = time.monotonic()
    for _ in range(20):
        bench.rounds.turn()
    assert time.monotonic() - begin < 1
    bench.until(lambda: bench.starts() == TOGETHER)
    for _ in range(5):
        bench.rounds.turn()
    assert bench.starts() == TOGETHER


def test_one_that_hangs_is_told_once_and_not_started_again(bench: Bench) -> None:
    (stuck,) = bench.add(1, hang=True)
    bench.add(1)
    bench.clock.pass_time(1)
    bench.until(lambda: stuck.starts == 1 and bench.heard.taken == ["p1"])
    for _ in range(5):
        bench.clock.pass_time(DEADLINE_S)
        bench.rounds.turn()
    assert bench.heard.hanging == ["p0"]
    assert stuck.starts == 1
    bench.until(lambda: len(bench.heard.taken) > 1)  # the other goes on
    stuck.gate.set()
    bench.until(lambda: "p0" in bench.heard.taken)
    bench.clock.pass_time(60)
    bench.until(lambda: stuck.starts == 2)


def test_stuck_ones_make_room_until_there_are_too_many(bench: Bench) -> None:
    bench.add(STUCK + TOGETHER, hang=True)
    free = bench.add(1)[0]
    for _ in range(STUCK):
        bench.clock.pass_time(DEADLINE_S)
        bench.rounds.turn()
    assert len(bench.heard.hanging) >= STUCK
    assert bench.starts() <= STUCK + TOGETHER
    assert free.starts == 0
    for probe in bench.probes:
        probe.gate.set()
    bench.until(lambda: free.starts == 1)


def test_new_settings_do_not_double_a_reading_under_way(bench: Bench) -> None:
    (stuck,) = bench.add(1, hang=True)
    bench.clock.pass_time(1)
    bench.until(lambda: stuck.starts == 1)
    again = ScriptedProbe("p0")
    bench.rounds.change([again])
    assert bench.heard.kept == {"p0"}
    bench.clock.pass_time(120)
    bench.rounds.turn()
    assert again.starts == 0
    stuck.gate.set()
    bench.until(lambda: bench.heard.taken == ["p0"])
    bench.clock.pass_time(60)
    bench.until(lambda: again.starts == 1)


def test_a_full_spool_costs_one_reading(bench: Bench) -> None:
    (probe,) = bench.add(1)
    bench.heard.is_full = True
    bench.clock.pass_time(1)
    bench.until(lambda: probe.starts == 1 and bench.rounds._slots["p0"].attempt is None)
    bench.heard.is_full = False
    bench.clock.pass_time(60)
    bench.until(lambda: bench.heard.taken == ["p0"])


def test_a_socket_that_really_hangs_is_cut_off_while_another_probe_goes_on() -> None:
    heard, woken = Heard(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as mute:
        hanging = Tcp(TcpCheck(name="mute", port=mute.getsockname()[1], expect="220", timeout_s=3, interval_s=10))
        quick = ScriptedProbe("quick", interval_s=0.01)
        real = Rounds(heard, now=ManualClock().now, monotonic=time.monotonic, wake=woken.set, deadline_s=0.3)
        real.change([hanging, quick])
        begin = time.monotonic()
        while "tcp mute" not in heard.hanging:
            assert time.monotonic() - begin < 3
            before = time.monotonic()
            real.turn()
            assert time.monotonic() - before < 0.2
            woken.wait(0.02)
            woken.clear()
        count = len(heard.taken)
        while len(heard.taken) < count + 3:
            assert time.monotonic() - begin < 3
            real.turn()
            woken.wait(0.02)
            woken.clear()
        assert set(heard.taken) == {"quick"}
        while "tcp mute" not in heard.taken:  # it ends by itself, and is read again later
            assert time.monotonic() - begin < 20
            real.turn()
            woken.wait(0.02)

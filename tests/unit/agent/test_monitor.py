from __future__ import annotations

from pathlib import Path

import pytest

from agent.monitor import Monitor
from agent.settings.reading import read_settings
from agent.settings.watch import SettingsWatch
from agent.status import read_status
from tests.fakes.agent_parts import a_spool, some_luck
from tests.fakes.collector import Collector, FakeTransport, ManualClock
from wire.messages import Inventory, decode_record


@pytest.fixture
def monitor(tmp_path: Path) -> Monitor:
    """Built, not started: no thread runs."""
    path = tmp_path / "agent.yaml"
    path.write_text("collector: http://127.0.0.1:1\nstate: .\n", encoding="utf-8")
    clock = ManualClock()
    spool = a_spool(tmp_path, clock)
    transport = FakeTransport(Collector(clock.now))
    watch = SettingsWatch(path, read_settings(path))
    return Monitor(watch, spool, some_luck(clock), connect=lambda _: transport, pid=7)


def test_the_first_thing_said_is_what_this_host_is(monitor: Monitor) -> None:
    monitor.tick()
    (row,) = monitor._spool._read("SELECT record FROM waiting")
    assert isinstance(decode_record(row[0]), Inventory)
    monitor.tick()
    assert monitor._spool.stand().usage.waiting_rows == 1


def test_status_is_written(monitor: Monitor, tmp_path: Path) -> None:
    monitor.write_status()
    status = read_status(tmp_path)
    assert status is not None
    assert (status.pid, status.session, status.enrolled_as) == (7, 1, "")


def test_new_settings_reach_every_part(monitor: Monitor, tmp_path: Path) -> None:
    monitor.tick()
    (tmp_path / "agent.yaml").write_text(
        "collector: http://127.0.0.1:2\nstate: .\nspool: {max_bytes: 3000000}\n"
        "health: {processes: [{name: a, command: b}]}\n",
        encoding="utf-8",
    )
    monitor.tick()
    assert [process.name for process in monitor._health_watch.settings.processes] == ["a"]
    assert monitor._spool._settings.max_bytes == 3_000_000


def test_a_broken_file_is_told_in_the_status(monitor: Monitor, tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text("collector: [\n", encoding="utf-8")
    monitor.tick()
    monitor.write_status()
    status = read_status(tmp_path)
    assert status is not None
    assert "not YAML" in str(status.settings_problems[0].sentence())

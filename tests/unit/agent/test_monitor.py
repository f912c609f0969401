from __future__ import annotations

from pathlib import Path

import pytest

from agent.monitor import STATUS_STALE_S, Monitor
from agent.settings.reading import read_settings
from agent.settings.watch import SettingsWatch
from agent.spool.port import Deposit
from agent.status import read_status
from tests.fakes.agent_parts import a_gap, a_spool, some_luck
from tests.fakes.collector import Collector, FakeTransport, ManualClock
from wire.messages import Inventory, decode_record


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def monitor(tmp_path: Path, clock: ManualClock) -> Monitor:
    """Built, not started: no thread runs."""
    path = tmp_path / "agent.yaml"
    path.write_text("collector: http://127.0.0.1:1\nstate: .\n", encoding="utf-8")
    spool = a_spool(tmp_path, clock)
    transport = FakeTransport(Collector(clock.now))
    watch = SettingsWatch(path, read_settings(path))
    return Monitor(
        watch,
        spool,
        some_luck(clock),
        connect=lambda _: transport,
        connect_to_wait=lambda _: transport,
        pid=7,
        redaction_key=bytes(32),
    )


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


CATALOGUE = """
product: clinic
version: "1"
modules: [{code: b, name: {en: B}, errors: [{code: B-1, level: 2, title: {en: x}, match: [{literal: ERROR}]}]}]
"""


def inventories(monitor: Monitor) -> list[list[tuple[str, int, str]]]:
    """The sources of every inventory since the last look, as path, position and problem."""
    rows = monitor._spool._read("SELECT record FROM waiting ORDER BY id")
    with monitor._spool._outbox() as outbox:
        outbox._sql.execute("DELETE FROM waiting")
    records = [decode_record(row[0]) for row in rows]
    return [
        [(Path(source.path).name, source.position, source.problem) for source in record.sources]
        for record in records
        if isinstance(record, Inventory)
    ]


def test_the_inventory_follows_what_is_followed_and_not_how_far(
    monitor: Monitor, clock: ManualClock, tmp_path: Path
) -> None:
    (tmp_path / "clinic.yaml").write_text(CATALOGUE, encoding="utf-8")
    log = tmp_path / "a.log"
    log.write_text("INFO\n", encoding="utf-8")
    (tmp_path / "agent.yaml").write_text(
        "collector: http://127.0.0.1:1\nstate: .\n"
        "sources: [{name: a, path: '*.log', catalogue: clinic.yaml, start: beginning}]\n",
        encoding="utf-8",
    )

    def turn(seconds: float) -> list[list[tuple[str, int, str]]]:
        monitor._reader.turn(clock.now())
        clock.pass_time(seconds)
        monitor.tick()
        return inventories(monitor)

    monitor.tick()
    assert inventories(monitor) == [[]], "nothing was looked at yet"
    assert turn(1) == [[("a.log", 5, "")]]
    with log.open("a", encoding="utf-8") as lines:
        lines.write("INFO\n")
    assert turn(100) == [], "a position alone is no news"
    for expected in ([[("a.log", 12, "1 bytes are not utf-8; is that right?")]], []):
        with log.open("ab") as raw:
            raw.write(b"\xff\n")
        assert turn(100) == expected, "the first is, more of them are not"
    (tmp_path / "b.log").write_text("", encoding="utf-8")
    assert turn(1) == [[("a.log", 14, "2 bytes are not utf-8; is that right?"), ("b.log", 0, "")]]
    (tmp_path / "c.log").write_text("", encoding="utf-8")
    assert turn(30) == [], "once a minute at most"
    assert [[name for name, _, _ in sources] for sources in turn(30)] == [["a.log", "b.log", "c.log"]]


def test_the_status_is_written_when_it_says_something_new_and_as_a_sign_of_life(
    monitor: Monitor, clock: ManualClock, tmp_path: Path
) -> None:
    def tick(seconds: float) -> str:
        clock.pass_time(seconds)
        monitor.tick()
        status = read_status(tmp_path)
        assert status is not None
        return status.written_at

    clock.pass_time(10)
    first = tick(2)
    assert tick(2) == first, "nothing happened"
    monitor._spool.deposit(Deposit(gaps=[a_gap()]))
    second = tick(2)
    assert second != first
    assert tick(STATUS_STALE_S - 2) == second
    assert tick(2) != second


def test_the_allowances_are_measured_and_follow_the_settings(monitor: Monitor, tmp_path: Path) -> None:
    monitor.tick()
    use = monitor._own_use()
    assert use.cpu_s > 0, "this process's own"
    assert use.taken_bytes > 0, "the inventory"
    (tmp_path / "agent.yaml").write_text(
        "collector: http://127.0.0.1:1\nstate: .\nbudgets: {events_per_hour: 100}\n", encoding="utf-8"
    )
    monitor.tick()
    assert monitor._budgets.settings.events_per_hour == 100
    monitor.write_status()
    status = read_status(tmp_path)
    assert status is not None
    assert (status.budgets.step, status.budgets.withheld) == ("full", 0)

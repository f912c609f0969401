"""The agent as its administrator meets it: real commands, a real process, a collector on loopback."""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.fakes.agent_process import AgentProcess, wait_until
from tests.fakes.collector import Collector, HttpCollector
from wire.messages import Inventory, Status

pytestmark = pytest.mark.e2e


class Scene:
    def __init__(self, folder: Path, repository: Path, server: HttpCollector) -> None:
        self.server = server
        self.collector = server.collector
        self.collector.interval_s = 1.0
        self.agent = AgentProcess(folder, repository, server.address)

    def enrol(self) -> None:
        done = self.agent.command("enrol", "-", stdin=f"{self.collector.token()}\n")
        assert done.returncode == 0, done.stderr

    def codes(self) -> list[str]:
        return [event.code for event in self.collector.events()]

    def wait_for(self, code: str, count: int = 1) -> None:
        def seen() -> bool:
            return sum(event.count for event in self.collector.events() if event.code == code) >= count

        wait_until(seen, f"{count} of {code}, so far {self.codes()}")


@pytest.fixture
def scene(tmp_path: Path, repository: Path) -> Iterator[Scene]:
    with HttpCollector(Collector()) as server:
        made = Scene(tmp_path, repository, server)
        yield made
        made.agent.end()


def listening_sockets(pid: int) -> list[object]:
    """Every socket of the process that could take a connection or a datagram, from the kernel's tables."""
    process = psutil.Process(pid)
    return [
        connection
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN or (connection.type == socket.SOCK_DGRAM and not connection.raddr)
    ]


def test_from_token_to_fault_and_back(scene: Scene) -> None:
    agent = scene.agent
    assert agent.command("status").returncode == 1
    assert "not enrolled" in agent.command("check").stdout or "does not exist" in agent.command("check").stdout
    scene.enrol()
    agent.start()
    first = scene.collector
    wait_until(lambda: any(isinstance(record, Inventory) for record in first.state.records), "an inventory")
    assert isinstance(first.state.records[0], Inventory)
    agent.write("ERROR queue")
    scene.wait_for("BIL-1")
    agent.write(*["ERROR queue"] * 1_000)
    scene.wait_for("BIL-1", 1_001)
    assert len(scene.codes()) <= 10  # a burst is a few events
    agent.write("BACK queue")
    scene.wait_for("BIL-0")
    cleared = next(event for event in first.events() if event.code == "BIL-0")
    assert (cleared.status, cleared.identity) == (Status.OK, {"what": "queue"})
    assert agent.stop() == 0
    assert agent.status()["running"] is False


def test_what_it_says_of_itself_and_that_it_listens_nowhere(scene: Scene) -> None:
    agent = scene.agent
    scene.enrol()
    agent.start()
    agent.write("ERROR queue")
    scene.wait_for("BIL-1")
    assert agent.process is not None
    assert listening_sockets(agent.process.pid) == []
    wait_until(lambda: agent.status()["sources"][0]["position"] == agent.log.stat().st_size, "the position is told")
    found = agent.status()
    assert found["running"]
    assert found["enrolled"]
    assert found["plain_http"]
    assert found["waiting_records"] <= 2
    assert 10_000_000 < found["rss_bytes"] < 120_000_000
    assert 0 < found["cpu_seconds"] < 60
    assert found["spool_bytes"] > 0
    assert found["gaps"] == 0
    assert found["sources"][0]["path"] == str(agent.log)
    done = agent.command("check")
    assert done.returncode == 0, done.stdout
    assert "this machine alone" in agent.command("status").stdout

    refused = agent.command("run")
    assert refused.returncode == 1
    assert f"process {agent.process.pid}" in refused.stderr


def test_the_listening_scan_can_fail() -> None:
    with socket.create_server(("127.0.0.1", 0)):
        assert listening_sockets(psutil.Process().pid)


def test_killed_and_started_again_nothing_is_lost_or_doubled(scene: Scene) -> None:
    scene.enrol()
    agent = scene.agent
    total = 0
    for run in range(3):
        agent.start()
        for number in range(40):
            agent.write(f"ERROR w{run}_{number}")
            total += 1
        scene.wait_for("BIL-1", total - 30)
        assert agent.process is not None
        agent.stop(signal.SIGKILL)
        agent.write(f"ERROR between{run}")
        total += 1
    agent.start()
    scene.wait_for("BIL-1", total)
    assert agent.stop() == 0
    events = [event for event in scene.collector.events() if event.code == "BIL-1"]
    assert sum(event.count for event in events) == total
    assert len({event.identity["what"] for event in events}) == total
    assert len({event.event_id for event in events}) == len(events)
    assert scene.collector.gaps() == []
    assert len({batch.session for batch in scene.collector.batches}) == 4


def test_a_collector_that_is_down_at_the_start(tmp_path: Path, repository: Path) -> None:
    collector = Collector()
    collector.interval_s = 1.0
    with HttpCollector(collector) as server:
        agent = AgentProcess(tmp_path, repository, server.address)
        assert agent.command("enrol", str(collector.token())).returncode == 0
    try:
        agent.start()
        agent.write("ERROR early")
        wait_until(lambda: agent.status()["waiting_records"] >= 3, "it stores")
        assert "cannot be reached" in agent.status()["problem"]
        with HttpCollector(collector) as server:
            agent.write_settings(server.address)
            wait_until(collector.events, "it delivers to the new address without a restart")
        assert agent.stop() == 0
    finally:
        agent.end()


def test_broken_settings_while_it_runs(scene: Scene) -> None:
    agent = scene.agent
    scene.enrol()
    agent.start()
    right = agent.settings.read_text(encoding="utf-8")
    agent.settings.write_text(right.replace("his.yaml", "none.yaml"), encoding="utf-8")
    wait_until(lambda: agent.status().get("settings_problems"), "the problem is told")
    assert "agent.yaml:4:" in agent.status()["settings_problems"][0]
    agent.write("ERROR meanwhile")
    scene.wait_for("BIL-1")
    agent.settings.write_text(
        right + "health: {processes: [{name: ghost, command: no-such-thing}]}\n", encoding="utf-8"
    )
    wait_until(lambda: "HOST-PRC-0001" in scene.codes(), "new settings are in force")
    assert agent.status()["settings_problems"] == []


def test_a_watched_process_dies(scene: Scene) -> None:
    import subprocess
    import sys

    agent = scene.agent
    mark = f"marker-{agent.folder.name}"
    agent.write_settings(scene.server.address, f"health: {{processes: [{{name: app, command: {mark}}}]}}\n")
    code = "import sys; sys.stdin.read()"
    child = subprocess.Popen([sys.executable, "-c", code, mark], stdin=subprocess.PIPE)
    scene.enrol()
    agent.start()
    child.kill()
    child.communicate()
    scene.wait_for("HOST-PRC-0001")
    event = next(event for event in scene.collector.events() if event.code == "HOST-PRC-0001")
    assert event.identity == {"host": socket.gethostname(), "process": "app"}
    assert agent.stop() == 0


def test_a_token_that_was_used_and_words_that_are_wrong(scene: Scene) -> None:
    scene.enrol()
    again = scene.agent.command("enrol", "--force", str(scene.collector.token()))
    assert again.returncode == 1
    assert "used before" in again.stderr
    assert scene.agent.command("enrol", "--force", "rubbish").returncode == 1
    assert scene.agent.command("run", "--no-such-word").returncode == 2
    scene.agent.settings.write_text("collector: http://far.example\n", encoding="utf-8")
    wrong = scene.agent.command("run")
    assert wrong.returncode == 2
    assert "agent.yaml:1:12" in wrong.stderr
    check = scene.agent.command("check", "--json")
    assert check.returncode == 1
    assert json.loads(check.stdout)["ok"] is False


def test_a_state_folder_of_a_newer_version(scene: Scene) -> None:
    import sqlite3

    scene.enrol()
    path = scene.agent.folder / "state" / "spool.db"
    with sqlite3.connect(path) as sql:
        sql.execute("PRAGMA user_version=99")
    sql.close()
    refused = scene.agent.command("run")
    assert refused.returncode == 1
    assert "newer agent" in refused.stderr


def test_a_process_that_gets_no_time_is_late_and_loses_nothing(scene: Scene) -> None:
    scene.enrol()
    agent = scene.agent
    agent.start()
    agent.write("ERROR before")
    scene.wait_for("BIL-1")
    assert agent.process is not None
    agent.process.send_signal(signal.SIGSTOP)
    for number in range(50):
        agent.write(f"ERROR meanwhile_{number}")
    batches = len(scene.collector.batches)
    pause = threading.Event()
    try:
        pause.wait(2.5)  # more than two intervals
        assert len(scene.collector.batches) <= batches + 1  # one may have been on its way: it really stands still
    finally:
        agent.process.send_signal(signal.SIGCONT)
    scene.wait_for("BIL-1", 51)
    assert agent.stop() == 0
    assert sum(event.count for event in scene.collector.events() if event.code == "BIL-1") == 51
    assert scene.collector.gaps() == []

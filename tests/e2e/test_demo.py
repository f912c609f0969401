"""The demo as a visitor runs it: real processes, a fault, a ticket, Ctrl-C, and nothing left behind."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploy.demo.layout import Folders
from deploy.demo.sites import HOSPITAL, Site
from deploy.demo.stage import Followed, Stage

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
WAIT_S = 30.0


def until(holds: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + WAIT_S
    while not (found := holds()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return found


def is_closed(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) != 0


@contextmanager
def a_demo(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], str]]]:
    """`python -m deploy.demo`, and what it has said so far. Its temporary folder lies below `folder`."""
    out = folder / "said"
    with out.open("wb") as said:
        demo = subprocess.Popen(
            [sys.executable, "-m", "deploy.demo", *words],
            cwd=ROOT,
            stdout=said,
            stderr=subprocess.STDOUT,
            env={"PATH": "/usr/bin:/bin", "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"},
        )
    try:
        yield demo, lambda: out.read_text(encoding="utf-8")
    finally:
        if demo.poll() is None:
            demo.terminate()
            demo.wait(WAIT_S)


def family(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def ports_of(programs: list[psutil.Process]) -> set[int]:
    return {
        connection.laddr.port
        for program in programs
        for connection in program.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }


def test_ctrl_c_leaves_no_program_no_port_and_no_folder(tmp_path: Path) -> None:
    with a_demo(tmp_path) as (demo, said):
        until(lambda: "Ctrl-C ends everything" in said(), "the demo does not get ready")
        programs = family(demo.pid)
        ports = ports_of(programs)
        assert len(programs) == 7, programs  # a collector, two agents, two clinics with a worker each
        assert len(ports) == 6, ports  # two listeners, two clinics, two gateways: the agents open none
        for address in re.findall(r"http://127\.0\.0\.1:\d+/\S*", said()):
            with urllib.request.urlopen(address, timeout=10) as answer:
                assert answer.status == 200
        demo.send_signal(signal.SIGINT)
        assert demo.wait(WAIT_S) == 0, said()
    assert [program for program in programs if program.is_running()] == []
    assert all(is_closed(port) for port in ports)
    assert [path.name for path in tmp_path.iterdir()] == ["said"]


@pytest.mark.parametrize("line", ["registering the sites", "starting the collector"])
def test_ctrl_c_while_it_is_starting_leaves_nothing_either(tmp_path: Path, line: str) -> None:
    with a_demo(tmp_path) as (demo, said):
        until(lambda: line in said(), "the demo does not begin")
        programs = family(demo.pid)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(WAIT_S) == 0, said()
    assert [program for program in programs if program.is_running()] == []
    assert [path.name for path in tmp_path.iterdir()] == ["said"]


def test_without_any_fault_every_check_fails(tmp_path: Path) -> None:
    with a_demo(tmp_path, "--check", "--prove") as (demo, said):
        assert demo.wait(WAIT_S * 1.5) == 0, said()
        assert re.search(r"(\d+) of \1 checks that stand on one fail", said())


@contextmanager
def a_stage(folder: Path, site: Site, followed: Followed | None = None) -> Iterator[Stage]:
    stage = Stage(Folders(folder), (site,), lambda _words: None, datetime.now(UTC), followed=followed)
    try:
        stage.start()
        yield stage
    finally:
        programs = [psutil.Process(child.pid) for child in stage.children() if child.pid]
        assert stage.stop() == []
        assert not [program for program in programs if program.is_running()]


def test_a_fault_of_the_application_becomes_the_right_ticket_and_goes_when_it_is_put_right(tmp_path: Path) -> None:
    with a_stage(tmp_path, HOSPITAL) as stage:
        assert stage.cause(HOSPITAL.id, "close-insurer", {"insurer": "NHIS"}) == 200
        ticket = until(stage.api.tickets, "no ticket")[0]
        shown = {name: ticket[name] for name in ("site", "module", "code", "level", "count", "identity")}
        assert shown == {
            "site": "seoul-hospital",
            "module": "BIL",
            "code": "BIL-INS-0001",
            "level": 4,
            "count": 1,
            "identity": {"insurer": "NHIS"},
        }
        assert ticket["title"]["ko"] == "보험사에 연결할 수 없음"
        stage.cause(HOSPITAL.id, "open-insurer", {"insurer": "NHIS"})
        until(lambda: stage.api.tickets()[0]["status"] == "resolved", "it does not recover")
        assert stage.api.tickets()[0]["resolution"] == "auto"


def test_a_log_of_the_visitors_own_opens_tickets_and_is_only_read(tmp_path: Path) -> None:
    log = tmp_path / "auth.log"
    line = "Dec 10 06:55:48 LabSZ sshd[24200]: Failed password for root from 203.0.113.{} port 38926 ssh2\n"
    log.write_text("".join(line.format(number) for number in range(1, 41)) + "something else\n")
    before = (log.read_bytes(), log.stat().st_mtime_ns, log.stat().st_mode)
    stage_folder = tmp_path / "stage"
    stage_folder.mkdir()
    yours = Site("your-site", "Your own log", "You", "UTC", "en")
    followed = Followed(log, ROOT / "deploy" / "catalogues" / "openssh.yaml")
    with a_stage(stage_folder, yours, followed) as stage:
        until(lambda: [ticket["count"] for ticket in stage.api.tickets()] == [40], "not one ticket of 40")
        assert stage.api.tickets()[0]["code"] == "AUT-PWD-0001"
    assert (log.read_bytes(), log.stat().st_mtime_ns, log.stat().st_mode) == before

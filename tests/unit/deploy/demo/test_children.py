"""Programs are started, awaited and ended by their number, with what they said last when they fail."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest

from deploy.demo.children import Child, ChildFailed


def a_child(folder: Path, code: str) -> Child:
    return Child("example", [sys.executable, "-c", code], folder / "example.log")


def test_it_ends_when_asked(tmp_path: Path) -> None:
    child = a_child(tmp_path, "import time; time.sleep(60)")
    child.start()
    pid = child.pid
    assert psutil.pid_exists(pid)
    assert child.stop()
    assert child.pid == 0
    assert not psutil.pid_exists(pid)
    assert child.stop(), "a second stop changes nothing"


def test_one_that_does_not_listen_is_killed_and_said(tmp_path: Path) -> None:
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(60)"
    child = a_child(tmp_path, stubborn)
    child.start()
    child.wait_ready(lambda: "up" in child.last_lines())
    assert not child.stop(within_s=0.2)
    assert child.pid == 0


def test_what_it_said_last_is_shown_when_it_ends_at_its_start(tmp_path: Path) -> None:
    child = a_child(tmp_path, "import sys; print('first'); sys.exit('the port is in use')")
    child.start()
    with pytest.raises(ChildFailed, match="example ended at its start \\(exit code 1\\)") as caught:
        child.wait_ready(lambda: False)
    assert caught.value.last_lines.endswith("the port is in use")


def test_one_that_never_gets_ready_is_given_up(tmp_path: Path) -> None:
    child = a_child(tmp_path, "import time; time.sleep(60)")
    child.start()
    try:
        with pytest.raises(ChildFailed, match="not ready after"):
            child.wait_ready(lambda: False, within_s=0.1)
    finally:
        child.kill()


def test_ctrl_c_in_the_terminal_does_not_reach_it(tmp_path: Path) -> None:
    child = a_child(tmp_path, "import time; time.sleep(60)")
    child.start()
    try:
        import os

        assert os.getsid(child.pid) != os.getsid(0)
    finally:
        child.stop()

"""An interrupt waits for the end of what must not be cut in two."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.demo.children import Child
from deploy.demo.interrupts import INTERRUPTS, SIGNALS, Interrupts


@pytest.fixture
def interrupts() -> Iterator[Interrupts]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        yield Interrupts()
    finally:
        for number, action in before.items():
            signal.signal(number, action)


@pytest.mark.parametrize("number", SIGNALS)
def test_outside_it_comes_at_once(interrupts: Interrupts, number: signal.Signals) -> None:
    interrupts.listen()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)


def test_inside_it_comes_at_the_end_and_once(interrupts: Interrupts) -> None:
    interrupts.listen()
    done = []

    def interrupted_inside() -> None:
        with interrupts.put_off():
            with interrupts.put_off():
                os.kill(os.getpid(), signal.SIGTERM)
                done.append("inner")
            done.append("outer")

    with pytest.raises(KeyboardInterrupt):
        interrupted_inside()
    assert done == ["inner", "outer"]
    with interrupts.put_off():
        done.append("again")


def test_while_ending_it_does_nothing(interrupts: Interrupts) -> None:
    interrupts.listen()
    interrupts.ignore()
    os.kill(os.getpid(), signal.SIGINT)


class Unlucky:
    """The lock that `subprocess` takes while it asks after a program; the signal comes when it has just been taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.strikes = 1

    def acquire(self, blocking: bool = True) -> bool:
        taken = self._lock.acquire(blocking)
        if self.strikes:
            self.strikes -= 1
            os.kill(os.getpid(), signal.SIGINT)
        return taken

    def release(self) -> None:
        self._lock.release()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


@pytest.fixture
def listening() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        INTERRUPTS.listen()
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)


@pytest.mark.usefixtures("listening")
def test_an_interrupt_at_the_worst_moment_does_not_leave_a_program_locked(tmp_path: Path) -> None:
    child = Child("x", [sys.executable, "-c", "import time; time.sleep(60)"], tmp_path / "log")
    child.start()
    lock = Unlucky()
    child._running._waitpid_lock = lock  # type: ignore[union-attr]  # the one of `subprocess`
    with pytest.raises(KeyboardInterrupt):
        _ = child.pid
    assert lock.strikes == 0
    assert lock.acquire(blocking=False), "still taken: whoever waits for this program waits for ever"
    lock.release()
    assert child.stop()


def test_a_program_that_is_born_under_an_interrupt_is_known(tmp_path: Path) -> None:
    child = Child("x", [sys.executable, "-c", "import time; time.sleep(60)"], tmp_path / "log")
    child.start()
    assert child.pid
    assert child.stop()

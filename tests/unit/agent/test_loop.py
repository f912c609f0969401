from __future__ import annotations

import logging
import threading

import pytest

from agent.loop import Loop

DEADLINE_S = 5.0


def test_it_takes_turns_until_it_is_stopped() -> None:
    turned = threading.Event()
    loop = Loop("test", lambda: turned.set() or 60.0)  # type: ignore[func-returns-value]
    loop.start()
    assert turned.wait(DEADLINE_S)
    assert loop.stop(DEADLINE_S)


def test_waking_ends_the_wait() -> None:
    turns = threading.Semaphore(0)

    def turn() -> float:
        turns.release()
        return 60.0

    loop = Loop("test", turn)
    loop.start()
    assert turns.acquire(timeout=DEADLINE_S)
    loop.wake()
    assert turns.acquire(timeout=DEADLINE_S)
    assert loop.stop(DEADLINE_S)


def test_a_mistake_is_logged_and_the_loop_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("sitewarden").propagate = True
    turns = threading.Semaphore(0)
    counts = iter([True, False])

    def turn() -> float:
        turns.release()
        if next(counts, False):
            raise ZeroDivisionError("a mistake")
        return 60.0

    loop = Loop("test", turn)
    loop.start()
    assert turns.acquire(timeout=DEADLINE_S)
    assert turns.acquire(timeout=DEADLINE_S)
    assert loop.stop(DEADLINE_S)
    assert loop.failures == 0
    assert "a mistake" in caplog.text
    assert "the loop test failed" in caplog.text


def test_a_loop_that_never_started_can_be_stopped() -> None:
    assert Loop("test", lambda: 1.0).stop(0.1)

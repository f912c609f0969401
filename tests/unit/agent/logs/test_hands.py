from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import pytest

from agent.logs import hands as module
from agent.logs.hands import Hands

DEADLINE_S = 10


def test_a_task_is_done_by_another_thread() -> None:
    hands = Hands()
    seen: list[int] = []
    assert hands.do(lambda: seen.append(threading.get_ident()))
    assert hands.do(lambda: seen.append(threading.get_ident()))
    assert len(set(seen)) == 1
    assert seen[0] != threading.get_ident()
    hands.close()


def test_a_mistake_reaches_who_gave_the_task() -> None:
    hands = Hands()
    with pytest.raises(ZeroDivisionError):
        hands.do(lambda: 1 / 0)
    assert hands.do(lambda: None)
    hands.close()


def test_a_stuck_task_stops_no_other_and_ends_when_it_can(caplog: pytest.LogCaptureFixture) -> None:
    hands = Hands(patience_s=0.05)
    release, ended = threading.Event(), threading.Event()

    def hang() -> None:
        release.wait(DEADLINE_S)
        ended.set()

    assert not hands.do(hang)
    assert hands.stuck == 1
    assert hands.do(lambda: None)
    release.set()
    assert ended.wait(DEADLINE_S)
    _until(lambda: hands.stuck == 0)
    hands.close()


def test_a_mistake_of_what_was_left_alone_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    hands = Hands(patience_s=0.05)
    release = threading.Event()

    def hang() -> None:
        release.wait(DEADLINE_S)
        raise OSError("the server came back and knows nothing")

    with caplog.at_level(logging.ERROR, "sitewarden"):
        assert not hands.do(hang)
        release.set()
        _until(lambda: "knows nothing" in caplog.text)


def test_not_more_than_some_are_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STUCK_MAX", 2)
    hands = Hands(patience_s=0.02)
    release = threading.Event()
    for _ in range(2):
        assert not hands.do(lambda: release.wait(DEADLINE_S))
    begun = threading.Event()
    assert not hands.do(begun.set)
    assert not begun.is_set()
    release.set()
    _until(lambda: hands.stuck == 0)
    assert hands.do(begun.set)
    hands.close()


def test_without_threads_the_caller_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    seen: list[int] = []
    assert Hands().do(lambda: seen.append(threading.get_ident()))
    assert seen == [threading.get_ident()]


def _until(is_so: Callable[[], bool]) -> None:
    waited = threading.Event()
    for _ in range(DEADLINE_S * 100):
        if is_so():
            return
        waited.wait(0.01)
    raise AssertionError("it never happened")

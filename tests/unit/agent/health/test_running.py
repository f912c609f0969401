from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

import pytest

from agent.health.probe import Found, Listing, ProbeFailed, Reading, Remember
from agent.health.running import READINGS, Attempt, read_once
from tests.builders import NOW
from wire.messages import SoftwareKind


class Told:
    name = "told"
    interval_s = 60.0

    def __init__(self, read: Callable[[], Iterable[Found]]) -> None:
        self._read = read

    def read(self, now: datetime) -> Iterable[Found]:
        return self._read()


def failing(error: Exception) -> Callable[[], Iterable[Found]]:
    def read() -> Iterator[Found]:
        yield Reading("HOST-TCP-0001", "x", 1)
        raise error

    return read


def endless() -> Iterator[Found]:
    while True:
        yield Reading("HOST-TCP-0001", "x", 1)


def test_readings_memory_and_lists() -> None:
    listing = Listing(SoftwareKind.PACKAGE, {"a": "1"})
    outcome = read_once(Told(lambda: [Reading("HOST-TCP-0001", "x", 1), Remember("m"), listing]), NOW)
    assert (len(outcome.readings), outcome.memory, outcome.listings, outcome.problem) == (1, "m", (listing,), "")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ProbeFailed("say so"), "say so"),
        (PermissionError(13, "Permission denied", "/etc/x"), "/etc/x: Permission denied"),
        (OSError("odd"), "told: odd"),
        (ZeroDivisionError("oops"), "ZeroDivisionError: oops"),
    ],
)
def test_whatever_it_raises_is_an_outcome_without_half_of_the_readings(error: Exception, words: str) -> None:
    outcome = read_once(Told(failing(error)), NOW)
    assert (outcome.problem, outcome.readings) == (words, ())


def test_a_probe_that_yields_for_ever_is_stopped() -> None:
    assert read_once(Told(endless), NOW).problem == f"more than {READINGS} readings"


def test_an_attempt_that_hangs_holds_nobody() -> None:
    release, ended = threading.Event(), threading.Event()

    def hanging() -> list[Found]:
        release.wait(30)
        return []

    attempt = Attempt(Told(hanging), NOW, started_s=0, on_end=ended.set)
    attempt.start()
    assert attempt.wait(0.05) is None
    release.set()
    assert ended.wait(10)
    assert attempt.outcome is not None

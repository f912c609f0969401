from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.logs.watch import REST_S, DirectoryWatch

DEADLINE_S = 5.0


@pytest.fixture
def wake() -> threading.Event:
    return threading.Event()


@pytest.fixture
def watch(wake: threading.Event) -> Iterator[DirectoryWatch]:
    made = DirectoryWatch(wake.set)
    yield made
    made.close()


def test_a_written_line_wakes(watch: DirectoryWatch, wake: threading.Event, tmp_path: Path) -> None:
    (tmp_path / "app.log").touch()
    watch.watch({str(tmp_path)})
    assert watch.problem is None
    (tmp_path / "app.log").write_text("x\n")
    assert wake.wait(DEADLINE_S)


def test_what_was_noticed_is_told_once(watch: DirectoryWatch, wake: threading.Event, tmp_path: Path) -> None:
    watch.watch({str(tmp_path)})
    assert not watch.take_notice()
    (tmp_path / "app.log").mkdir()
    assert wake.wait(DEADLINE_S)
    assert [watch.take_notice(), watch.take_notice()] == [True, False]


def test_a_rotation_wakes(watch: DirectoryWatch, wake: threading.Event, tmp_path: Path) -> None:
    (tmp_path / "app.log").touch()
    watch.watch({str(tmp_path)})
    (tmp_path / "app.log").rename(tmp_path / "app.log.1")
    assert wake.wait(DEADLINE_S)


def test_reading_does_not_wake(watch: DirectoryWatch, wake: threading.Event, tmp_path: Path) -> None:
    """Or the reader would wake itself for ever."""
    log, last = tmp_path / "app.log", tmp_path / "last"
    log.write_text("x\n")
    seen: list[str] = []
    watch.watch({str(tmp_path)})
    watch._waker._wake = lambda: seen.append("woken")
    for _ in range(10):
        log.read_text()
    watch._waker._wake = wake.set
    last.touch()
    assert wake.wait(DEADLINE_S)
    assert seen == []


def test_a_directory_that_is_missing_is_told_and_tried_again(
    watch: DirectoryWatch, wake: threading.Event, tmp_path: Path
) -> None:
    later = tmp_path / "later"
    watch.watch({str(later), str(tmp_path)})
    assert "once a second" in str(watch.problem)
    later.mkdir()
    watch.watch({str(later), str(tmp_path)})
    assert watch.problem is None
    wake.clear()
    (later / "app.log").write_text("x\n")
    assert wake.wait(DEADLINE_S)


def test_what_is_not_wanted_any_more_does_not_wake(
    watch: DirectoryWatch, wake: threading.Event, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    watch.watch({str(tmp_path / "a"), str(tmp_path / "b")})
    watch.watch({str(tmp_path / "b")})
    assert set(watch._watches) == {str(tmp_path / "b")}


def test_it_can_be_closed_unused(watch: DirectoryWatch) -> None:
    watch.close()


def test_a_thousand_writes_a_second_wake_fifty_times(tmp_path: Path) -> None:
    woken: list[float] = []
    made = DirectoryWatch(lambda: woken.append(time.monotonic()))
    made.watch({str(tmp_path)})
    end = time.monotonic() + 1
    writes = 0
    with (tmp_path / "app.log").open("ab", buffering=0) as log:
        while time.monotonic() < end:
            log.write(b"x\n")
            writes += 1
            time.sleep(0.0005)
    made.close()
    assert writes > 300
    assert 2 <= len(woken) <= 60
    gaps = [later - earlier for earlier, later in itertools.pairwise(woken)]
    assert min(gaps) >= REST_S * 0.9

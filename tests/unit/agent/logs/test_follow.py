"""Every kind of rotation, one by one; tests/property puts them together."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.logs.follow import QUIET, QUIET_UNLINKED, Follower
from tests.fakes.logs import Site, numbered, numbers
from tests.fakes.persons import as_nobody
from wire.messages import GapCause


class Sites:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: list[Site] = []

    def __call__(self, **source: Any) -> Site:
        site = Site(self._folder, **source)
        self._made.append(site)
        return site

    def close(self) -> None:
        for site in self._made:
            site.reader.close()


@pytest.fixture
def a_site(tmp_path: Path) -> Iterator[Sites]:
    sites = Sites(tmp_path)
    yield sites
    sites.close()


@pytest.fixture
def site(a_site: Sites) -> Site:
    """A log that was there before the first start, with one line read since."""
    made = a_site()
    made.write(numbered(0))
    assert made.read() == []
    made.write(numbered(1))
    assert numbers(made.read()) == [1]
    return made


def rotate(site: Site, number: int = 1) -> Path:
    rotated = site.folder / f"app.log.{number}"
    site.log.rename(rotated)
    return rotated


def test_the_first_start_begins_at_the_end(site: Site) -> None:
    assert site.intake.events[0].line_number == 2
    assert site.intake.events[0].before == [numbered(0).strip()]


def test_the_first_start_at_the_beginning_makes_history(a_site: Sites) -> None:
    made = a_site(start="beginning")
    made.write(numbered(1, 2))
    assert [event.history for event in made.read()] == [True, True]
    made.write(numbered(3))
    assert [event.history for event in made.read()] == [False]


def test_a_crash_in_the_middle_of_history_leaves_the_rest_history(a_site: Sites) -> None:
    made = a_site(start="beginning")
    made.write(numbered(*range(9_000)))
    made.reader.turn(made.now)
    made.crash()
    made.write(numbered(9_000))
    made.read()
    assert numbers(made.intake.events) == list(range(9_001))
    assert [event.history for event in made.intake.events] == [True] * 9_000 + [False]


def test_a_file_that_appears_later_is_read_from_its_beginning(a_site: Sites) -> None:
    made = a_site()
    made.read()
    assert made.problems() == {"app.log": "it does not exist"}
    made.write(numbered(1))
    assert [(event.history, event.line_number) for event in made.read()] == [(False, 1)]
    assert made.problems() == {}


def test_rename_reads_the_old_file_first(site: Site) -> None:
    site.write(numbered(2))
    rotated = rotate(site)
    site.write(numbered(3), rotated)
    site.write(numbered(5))
    assert numbers(site.read()) == [2, 3, 5]
    site.write(numbered(4), rotated)  # the writer has not noticed yet
    assert numbers(site.read()) == [4]
    assert site.intake.gaps == []


def test_rename_while_stopped(site: Site) -> None:
    site.write(numbered(2))
    rotate(site)
    site.write(numbered(3))
    site.crash()
    assert numbers(site.read()) == [2, 3]
    assert site.intake.gaps == []


@pytest.mark.parametrize("is_stopped", [False, True])
def test_two_rotations_between_two_looks(site: Site, *, is_stopped: bool) -> None:
    site.write(numbered(2))
    rotate(site).rename(site.folder / "app.log.2")
    site.write(numbered(3, 4))
    rotate(site)
    site.write(numbered(5))
    if is_stopped:
        site.crash()
    assert numbers(site.read()) == [2, 3, 4, 5]
    assert site.intake.gaps == []


def test_old_rotated_files_are_left_alone(a_site: Sites) -> None:
    made = a_site()
    for number in (1, 2):
        old = made.folder / f"app.log.{number}"
        made.write(numbered(100 + number), old)
        os.utime(old, (1, 1))
    made.log.touch()
    made.read()
    made.write(numbered(1))
    rotate(made, 3)
    made.write(numbered(2))
    assert numbers(made.read()) == [1, 2]


def test_a_rotated_file_is_closed_after_a_while_and_opened_again_when_it_grows(site: Site) -> None:
    rotated = rotate(site)
    site.write(numbered(2) + "half a li", rotated)
    site.read()
    follower = site.reader._places["app"].reading.follower
    assert isinstance(follower, Follower)
    assert len(follower._tails) == 1
    site.sleep(QUIET.total_seconds())
    site.read()
    assert follower._tails == {}
    (cursor,) = site.intake.cursors("app")
    assert (cursor.path, cursor.position) == (str(rotated), rotated.stat().st_size)
    site.write("\n" + numbered(3), rotated)
    site.sleep(6)
    assert numbers(site.read()) == [3]


def test_a_deleted_file_is_read_to_its_end_and_given_back(site: Site) -> None:
    site.write(numbered(2))
    site.log.unlink()
    assert numbers(site.read()) == [2]
    site.sleep(QUIET_UNLINKED.total_seconds())
    site.read()
    assert site.intake.cursors("app") == []
    assert site.intake.gaps == []


def test_a_file_deleted_while_stopped_is_a_gap(site: Site) -> None:
    site.write(numbered(2))
    site.reader.close()
    site.log.unlink()
    site.write(numbered(3))
    site.crash()
    site.read()
    assert 3 in numbers(site.intake.events)
    (gap,) = site.intake.gaps
    assert gap.cause in {GapCause.ROTATED, GapCause.TRUNCATED}  # the new file may have got the old one's inode
    assert (gap.source, gap.from_byte) == (str(site.log), len(numbered(0, 1)))


@pytest.mark.parametrize("is_stopped", [False, True])
def test_copytruncate_loses_nothing_that_was_copied(site: Site, *, is_stopped: bool) -> None:
    site.write(numbered(2, 3))
    shutil.copyfile(site.log, site.folder / "app.log.1")
    os.truncate(site.log, 0)
    site.write(numbered(4))
    if is_stopped:
        site.crash()
    assert sorted(numbers(site.read())) == [2, 3, 4]
    (gap,) = site.intake.gaps
    assert (gap.cause, gap.bytes_lost) == (GapCause.TRUNCATED, 0)
    assert "in between" in gap.detail
    site.crash()
    assert site.read() == []


def test_a_pattern_that_covers_the_copies_reads_nothing_twice(a_site: Sites) -> None:
    made = a_site(path=str(a_site._folder / "app.log*"))
    made.log.touch()
    made.read()
    for round_ in range(3):
        made.write(numbered(2 * round_))
        made.read()
        made.write(numbered(2 * round_ + 1))
        shutil.copyfile(made.log, made.folder / f"app.log.{round_ + 1}")
        made.read()  # in the middle of it: the copy is there, the log is not cut yet
        os.truncate(made.log, 0)
        made.read()
    assert sorted(numbers(made.intake.events)) == [0, 1, 2, 3, 4, 5]


def test_a_pattern_that_covers_rotated_files_reads_nothing_twice(a_site: Sites) -> None:
    made = a_site(path=str(a_site._folder / "app.log*"))
    made.log.touch()
    made.read()
    made.write(numbered(1))
    rotated = rotate(made)
    made.write(numbered(2))
    assert numbers(made.read()) == [1, 2]
    rotated.rename(made.folder / "app.log.2")
    rotate(made)
    made.write(numbered(3))
    made.crash()
    assert numbers(made.read()) == [3]


def test_cut_while_stopped_is_read_once(site: Site) -> None:
    """And not again at every start."""
    os.truncate(site.log, 0)
    site.write(numbered(2))
    for expected in ([2], [], []):
        site.crash()
        assert numbers(site.read()) == expected
    assert [gap.cause for gap in site.intake.gaps] == [GapCause.TRUNCATED]
    assert [cursor.generation for cursor in site.intake.cursors("app")] == [1]


def test_a_hole_after_a_crash_of_the_host(site: Site) -> None:
    os.truncate(site.log, 50_000_000)
    site.write("\n" + numbered(2))
    assert numbers(site.read()) == [2]


@pytest.mark.parametrize("kind", ["symbolic link", "FIFO", "directory"])
def test_what_is_no_file_is_told_and_the_others_are_read(a_site: Sites, kind: str) -> None:
    made = a_site(path=str(a_site._folder / "*.log"))
    bad = made.folder / "bad.log"
    if kind == "symbolic link":
        bad.symlink_to("/etc/passwd")
    elif kind == "FIFO":
        os.mkfifo(bad)
    else:
        bad.mkdir()
    made.read()
    made.write(numbered(1))
    assert numbers(made.read()) == [1]
    assert kind in made.problems()["bad.log"]


def test_a_log_that_is_swapped_for_a_link_is_not_followed(site: Site) -> None:
    secret = site.folder / "secret"
    secret.write_text(numbered(666))
    site.write(numbered(2))
    rotate(site)
    site.log.symlink_to(secret)
    assert numbers(site.read()) == [2]
    assert "symbolic link" in site.problems()["app.log"]


def test_a_file_without_permission_is_told_and_read_when_it_may_be(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if parent.name.startswith(("pytest-", "popen-")):  # the second: one process of several
            parent.chmod(0o755)
    site = Site(tmp_path, path=str(tmp_path / "*.log"))
    site.read()
    site.write(numbered(1))
    site.write(numbered(2), tmp_path / "b.log")
    site.log.chmod(0)
    with as_nobody():
        assert numbers(site.read()) == [2]
    assert "permission" in site.problems()["app.log"]
    site.log.chmod(0o644)
    with as_nobody():
        assert numbers(site.read()) == [1]
    assert site.problems() == {}
    site.reader.close()


def test_a_directory_that_goes_away_and_comes_back(site: Site) -> None:
    away = site.folder.with_name(f"{site.folder.name}-away")
    site.folder.rename(away)
    assert site.read() == []
    assert site.problems() == {"app.log": "its folder does not exist"}
    away.rename(site.folder)
    site.write(numbered(2))
    assert numbers(site.read()) == [2]
    assert site.intake.gaps == []


def test_several_files_take_turns(a_site: Sites) -> None:
    made = a_site(path=str(a_site._folder / "*.log"))
    made.read()
    made.write(("x" * 99 + "\n") * 10_000)
    made.write(numbered(1), made.folder / "small.log")
    made.reader.turn(made.now)
    assert numbers(made.intake.events) == [1]  # not behind the megabyte of the other


def test_a_file_with_wrong_encoding_says_so(site: Site) -> None:
    site.write("수납 오류\n".encode("cp949"))
    site.read()
    assert "bytes are not utf-8" in site.problems()["app.log"]

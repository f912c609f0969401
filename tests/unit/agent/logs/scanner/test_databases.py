from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.logs.scanner import databases
from agent.logs.scanner.databases import Child, digest_of, read_database, tidy, write_database

DIGEST = digest_of("1", [(0, b"a")])


def wait_for(child: Child) -> None:
    end = time.monotonic() + 20
    while not child.is_done():
        assert time.monotonic() < end
        time.sleep(0.005)


def only_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_what_is_kept_comes_back_and_is_ours_alone(tmp_path: Path) -> None:
    write_database(tmp_path, DIGEST, b"body")
    assert read_database(tmp_path, DIGEST) == b"body"
    assert only_file(tmp_path).stat().st_mode & 0o777 == 0o600
    assert read_database(tmp_path, digest_of("2", [(0, b"a")])) is None


def test_the_digest_knows_everything_that_was_compiled() -> None:
    others = [digest_of("2", [(0, b"a")]), digest_of("1", [(1, b"a")]), digest_of("1", [(0, b"a"), (1, b"")])]
    assert len({DIGEST, *others, digest_of("1", [])}) == 5


def _flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)


def _of_another(path: Path) -> None:
    write_database(path.parent, digest_of("1", [(9, b"z")]), b"other")
    other = next(file for file in path.parent.iterdir() if file != path)
    other.replace(path)


def _instead(path: Path) -> Path:
    path.unlink()
    return path


BAD: list[Callable[[Path], object]] = [
    _flip,
    _of_another,
    lambda path: path.write_bytes(b""),
    lambda path: path.write_bytes(path.read_bytes()[:60]),
    lambda path: path.chmod(0o644),
    lambda path: _instead(path).symlink_to("/dev/zero"),
    lambda path: os.mkfifo(_instead(path), 0o600),
    lambda path: _instead(path).mkdir(),
]


@pytest.mark.parametrize("spoil", BAD)
def test_a_file_that_is_not_as_we_wrote_it_is_not_believed(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    write_database(tmp_path, DIGEST, b"body")
    spoil(only_file(tmp_path))
    assert read_database(tmp_path, DIGEST) is None


def test_a_child_writes_and_ends(tmp_path: Path) -> None:
    wait_for(Child(tmp_path, DIGEST, lambda: b"made"))
    assert read_database(tmp_path, DIGEST) == b"made"


def test_a_child_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> bytes:
        raise ValueError

    wait_for(Child(tmp_path, DIGEST, fail))
    assert list(tmp_path.iterdir()) == []


def test_a_child_may_use_so_much_time_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.apart.CHILD_CPU_S", 1)

    def spin() -> bytes:
        while True:
            pass

    wait_for(Child(tmp_path, DIGEST, spin))
    assert list(tmp_path.iterdir()) == []


def test_a_child_holds_no_descriptor_of_ours(tmp_path: Path) -> None:
    ours, theirs = os.pipe()

    def count() -> bytes:
        return str(len(list(Path("/proc/self/fd").iterdir())) - 1).encode()  # without the one that lists

    wait_for(Child(tmp_path, DIGEST, count))
    os.close(ours)
    os.close(theirs)
    assert read_database(tmp_path, DIGEST) == b"0"


def test_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "KEPT", 2)
    for number in range(4):
        write_database(tmp_path, digest_of(str(number), []), b"x")
        for path in tmp_path.iterdir():
            os.utime(path, ns=(0, path.stat().st_mtime_ns - 1_000_000_000))
    tidy(tmp_path)
    assert [read_database(tmp_path, digest_of(str(number), [])) for number in range(4)] == [None, None, b"x", b"x"]

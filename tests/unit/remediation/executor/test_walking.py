from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from remediation.executor.walking import Excerpt, excerpts, join_cut


def found(pattern: str | Path, most: int = 1_000) -> dict[str, Excerpt]:
    return {each.path: each for each in excerpts(str(pattern), most, lambda: False)}


def test_files_are_found_by_pattern(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    for name in ("b.log", "a.log", "c.txt", ".hidden.log"):
        (logs / name).write_text(name)
    assert list(found(logs / "*.log")) == [f"{logs}/a.log", f"{logs}/b.log"]
    assert found(logs / "c.txt")[f"{logs}/c.txt"].content == b"c.txt"
    assert list(found(tmp_path / "*" / "?.txt")) == [f"{logs}/c.txt"]


def test_a_link_is_followed_nowhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "shadow").write_text("root:x")
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.log").symlink_to(secret / "shadow")
    (logs / "inner").symlink_to(secret)
    assert found(logs / "*.log")[f"{logs}/a.log"].problem == "a link"
    assert all(not each.content for each in found(logs / "inner" / "shadow").values())
    assert found(logs / "*" / "shadow") == {}
    assert found(secret / "shadow")[f"{secret}/shadow"].content == b"root:x"


def test_what_is_no_plain_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.log")
    (tmp_path / "folder.log").mkdir()
    (tmp_path / "one.log").write_text("x")
    (tmp_path / "two.log").hardlink_to(tmp_path / "one.log")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s.log"))
        problems = {Path(path).name: each.problem for path, each in found(tmp_path / "*.log").items()}
    assert problems == {
        "fifo.log": "no regular file",
        "folder.log": "no regular file",
        "s.log": "no regular file",
        "one.log": "it has several names",
        "two.log": "it has several names",
    }
    assert found("/dev/zero")["/dev/zero"].problem == "no regular file"


def test_a_long_file_keeps_head_and_tail_by_whole_lines(tmp_path: Path) -> None:
    lines = [b"line %04d\n" % number for number in range(1_000)]
    (tmp_path / "long.log").write_bytes(b"".join(lines))
    got = found(tmp_path / "long.log", 1_000)[f"{tmp_path}/long.log"]
    assert got.is_cut
    assert got.size == 10_000
    assert got.content.startswith(b"line 0000\n")
    assert got.content.endswith(b"line 0999\n")
    assert got.content.count(b"bytes are left out here") == 1
    kept = [line for line in got.content.splitlines(keepends=True) if not line.startswith(b"[...")]
    assert set(kept) <= set(lines)
    assert f"[... {10_000 - len(b''.join(kept))} bytes".encode() in got.content


def test_a_sparse_file_costs_what_is_kept(tmp_path: Path) -> None:
    with (tmp_path / "sparse.log").open("wb") as file:
        file.truncate(1 << 40)
    got = found(tmp_path / "sparse.log")[f"{tmp_path}/sparse.log"]
    assert got.size == 1 << 40
    assert len(got.content) < 1_100


def test_names_may_be_any_bytes(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/\xff\n.log"
    Path(os.fsdecode(raw)).write_text("x")
    assert [each.content for each in excerpts(f"{tmp_path}/*.log", 100, lambda: False)] == [b"x"]
    assert list(found(tmp_path / "*.log")) == [f"{tmp_path}/\\xff\n.log"]


def test_what_is_not_there_is_said_and_time_ends_it(tmp_path: Path) -> None:
    assert found(tmp_path / "none.log")[f"{tmp_path}/none.log"].problem == "No such file or directory"
    assert found(tmp_path / "none" / "a.log")[f"{tmp_path}/none"].problem == "No such file or directory"
    (tmp_path / "a.log").write_text("x")
    assert list(excerpts(f"{tmp_path}/*.log", 100, lambda: True)) == []


@pytest.mark.parametrize(("head", "tail"), [(b"900101-12", b"34567"), (b"a\n900101-12", b"34567\nb\n")])
def test_no_half_line_stays_beside_the_gap(head: bytes, tail: bytes) -> None:
    assert b"9001" not in join_cut(head, tail, 100)
    assert b"345" not in join_cut(head, tail, 100)

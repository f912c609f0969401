from __future__ import annotations

import bz2
import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.logs import opened
from agent.logs.opened import SIZE_UNKNOWN, OpenLog, PackedLog, PlainLog, Unpackable, wrapped

TEXT = b"".join(b"line %d\n" % number for number in range(20_000))
PACK: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".bz2": bz2.compress}


def open_one(path: Path) -> OpenLog:
    return wrapped(os.open(path, os.O_RDONLY | os.O_CLOEXEC), str(path))


@pytest.mark.parametrize("ending", PACK)
def test_a_packed_log_reads_as_what_was_packed(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"app.log.1{ending}"
    path.write_bytes(PACK[ending](TEXT))
    log = open_one(path)
    assert isinstance(log, PackedLog)
    assert log.look().head == TEXT[:1_024]
    assert log.look().size == SIZE_UNKNOWN
    assert (log.look().inode, log.will_grow(), log.is_unlinked()) == (path.stat().st_ino, False, False)
    whole, at = b"", 0
    while piece := log.read(10_000, at):
        whole, at = whole + piece, at + len(piece)
    assert whole == TEXT
    assert log.look().size == log.stamp()[0] == len(TEXT)
    assert log.read(100, 5_000) == TEXT[5_000:5_100]  # backwards
    assert log.read(10, len(TEXT) + 5) == b""
    assert log.expected_bytes() == (len(TEXT) if ending == ".gz" else 0)
    assert log.hole_at(0) == 0
    log.close()


def test_several_members_are_one_log(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"one\n") + gzip.compress(b"two\n"))
    log = open_one(path)
    assert log.read(100, 0) == b"one\ntwo\n"
    log.close()


@pytest.mark.parametrize("ending", PACK)
def test_a_torn_one_is_damaged(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(PACK[ending](os.urandom(3_000_000))[:2_000_000])
    log = open_one(path)
    at, is_damaged = 0, False
    try:
        while piece := log.read(100_000, at):
            at += len(piece)
    except OSError:
        is_damaged = True
    assert at > 500_000
    assert is_damaged
    log.close()


def test_what_is_not_packed_at_all_is_refused(tmp_path: Path) -> None:
    for ending in PACK:
        path = tmp_path / f"a{ending}"
        path.write_bytes(b"no such thing" * 100)
        descriptor = os.open(path, os.O_RDONLY)
        with pytest.raises(OSError, match=r"damaged|[Nn]ot a gzipped|[Ii]nvalid data"):
            wrapped(descriptor, str(path))
        os.close(descriptor)


def test_a_bomb_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened, "RATIO_FLOOR_BYTES", 1_000_000)
    path = tmp_path / "a.bz2"
    path.write_bytes(bz2.compress(bytes(20_000_000)))
    log = open_one(path)
    assert log.read(900_000, 0) == bytes(900_000)
    with pytest.raises(Unpackable, match="unpacks to more"):
        log.read(200_000, 900_000)
    log.close()


def test_a_plain_log(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b"hello\n")
    os.truncate(path, 10_000_000)
    log = open_one(path)
    assert isinstance(log, PlainLog)
    assert (log.read(5, 0), log.will_grow(), log.expected_bytes()) == (b"hello", True, 10_000_000)
    assert log.hole_at(0) == 0
    assert log.hole_at(5_000_000) == 5_000_000
    assert log.hole_at(20_000_000) == 0
    assert not log.is_unlinked()
    path.unlink()
    assert log.is_unlinked()
    log.close()

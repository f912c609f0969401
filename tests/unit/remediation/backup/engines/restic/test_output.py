from __future__ import annotations

from datetime import UTC, datetime

import pytest

from remediation.backup.engines.restic import output
from remediation.backup.errors import TargetRefused, TargetUnavailable
from remediation.backup.model import EntryKind, Unread

AT = "2026-11-22T15:00:20.76994304Z"


def test_a_snapshot_of_0_14_and_one_of_0_17() -> None:
    plain = {"time": AT, "id": "a" * 64, "paths": ["/etc"], "hostname": "h", "tags": ["site=a%2Cb", "free"]}
    found = output.snapshot_of(plain, None)
    assert (found.at, found.labels, found.files) == (
        datetime(2026, 11, 22, 15, 0, 20, tzinfo=UTC),
        {"site": "a,b"},
        None,
    )
    summary = {"summary": {"total_files_processed": 3, "total_bytes_processed": 9}}
    assert output.snapshot_of({**plain, **summary, "tags": None}, None).size_bytes == 9


def test_labels_survive_commas_and_equal_signs() -> None:
    tags = output.tags_of({"a,b": "c=d,서울"})
    assert all("," not in tag for tag in tags)
    assert output.snapshot_of({"time": AT, "id": "1", "tags": tags}, None).labels == {"a,b": "c=d,서울"}


@pytest.mark.parametrize(("go", "unix"), [(420, 0o644), (1 << 23 | 0o755, 0o4755), (2148532735, 0o1777)])
def test_modes_are_those_of_unix(go: int, unix: int) -> None:
    entry = output.entry_of({"type": "dir", "mode": go, "mtime": AT}, "/a")
    assert (entry.mode, entry.kind, entry.mtime_ns % 1_000_000_000) == (unix, EntryKind.FOLDER, 769_943_040)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [("2026-11-22T15:00:20Z", 0), ("2026-11-22T16:00:20.5+01:00", 500_000_000), ("2026-11-22T15:00:20.000000001Z", 1)],
)
def test_times(text: str, nanoseconds: int) -> None:
    assert output.time_of(text) == (datetime(2026, 11, 22, 15, 0, 20, tzinfo=UTC), nanoseconds)


def test_a_time_that_is_none() -> None:
    with pytest.raises(ValueError, match="yesterday"):
        output.time_of("yesterday")


def test_lines_are_put_together() -> None:
    pieces = [b"one\ntw", b"o\n", b"", b"last"]
    assert list(output.lines_of(iter(pieces))) == [b"one", b"two", b"last"]
    taken: list[bytes] = []
    lines = output.Lines(taken.append)
    for piece in pieces:
        lines.take(piece)
    assert taken == [b"one", b"two"]


def test_names_that_are_no_text_come_from_the_plain_listing() -> None:
    plain = iter([b"/a\xff", b"/b", b"c\xfe", b"/d"])
    assert output.raw_path("/a\ufffd", plain) == "/a\udcff"
    assert output.raw_path("/b\nc\ufffd", plain) == "/b\nc\udcfe"


@pytest.mark.parametrize("line", [b"", b"plain", b"[1]", b"\xff", b"[" * 10_000])
def test_what_is_no_message(line: bytes) -> None:
    assert output.message_of(line) == {}


def test_what_was_not_read_is_told() -> None:
    complaint = (
        '{"message_type":"error","error":{"message":"open /a: permission denied"},"item":"/a"}\n'
        '{"message_type":"error","error":{"Op":"lstat"},"item":"/b"}\n'
        "ignoring error for /c d: UtimesNano: denied\n/e does not exist, skipping\nother\n"
    )
    assert output.unread_of(complaint) == [
        Unread("/a", "open /a: permission denied"),
        Unread("/b", "lstat"),
        Unread("/c d", "UtimesNano: denied"),
        Unread("/e", "does not exist"),
    ]


def test_damages_without_the_noise() -> None:
    text = (
        "using temporary cache in /tmp/x\ncreate exclusive lock for repository\nload indexes\n"
        "error for tree 2c96ac57:\n  decrypting blob failed\nPack ID does not match, want 61, got 37\n"
        "Fatal: repository contains errors\n"
    )
    assert [damage.what for damage in output.damages_of(text)] == [
        "error for tree 2c96ac57",
        "decrypting blob failed",
        "Pack ID does not match, want 61, got 37",
    ]


@pytest.mark.parametrize(
    ("complaint", "kind", "words"),
    [
        ("Fatal: wrong password or no key found", TargetRefused, "recovery sheet"),
        ("Fatal: unable to open config file: stat /x", TargetUnavailable, "attach the disk"),
        ("write /x: no space left on device", TargetUnavailable, "is full"),
        ("mkdir: read-only file system", TargetUnavailable, "only be read"),
        ("unexpected HTTP response (403): 403 Forbidden", TargetRefused, "takes no deletions"),
        ("first\nFatal: something new", TargetUnavailable, "something new"),
        ("", TargetUnavailable, "no answer"),
    ],
)
def test_failures_say_what_to_do(complaint: str, kind: type[Exception], words: str) -> None:
    failure = output.failure_of(complaint, "/mnt/usb")
    assert isinstance(failure, kind)
    assert words in str(failure)


def test_locks_are_recognised() -> None:
    assert output.is_locked("unable to create lock in backend: repository is already locked exclusively by PID 1")
    assert not output.is_locked("Fatal: wrong password")

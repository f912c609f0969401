from __future__ import annotations

import json

import pytest

from agent.logs.journal_entries import MESSAGE_BYTES, read_entry

FIELDS = {"__CURSOR": "s=1;i=2", "__REALTIME_TIMESTAMP": "1795482000000001", "MESSAGE": "hello"}


def raw(**fields: object) -> bytes:
    return json.dumps({**FIELDS, **fields}).encode()


def test_an_entry_reads_like_a_line_of_a_log() -> None:
    entry = read_entry(raw(PRIORITY="3", SYSLOG_IDENTIFIER="clinic", _PID="7"))
    assert entry is not None
    assert entry.lines == (b"2026-11-24T01:00:00.000001+00:00 ERROR clinic[7]: hello",)
    assert (entry.cursor, entry.at_us, entry.lost) == ("s=1;i=2", 1_795_482_000_000_001, 0)


@pytest.mark.parametrize(
    ("message", "lines"),
    [
        ("one\ntwo\n", (b"INFO journal: one", b"two")),
        ([104, 255, 105], (b"INFO journal: h\xffi",)),
        (["first", "second"], (b"INFO journal: first second",)),
        (None, (b"INFO journal: ",)),
        ("\ud800", (b"INFO journal: \\ud800",)),
    ],
)
def test_messages_of_every_kind(message: object, lines: tuple[bytes, ...]) -> None:
    entry = read_entry(raw(MESSAGE=message))
    assert entry is not None
    assert (entry.lines[0].split(b" ", 1)[1], *entry.lines[1:]) == lines


def test_a_huge_message_is_cut_and_counted() -> None:
    entry = read_entry(raw(MESSAGE="x" * (MESSAGE_BYTES + 5), SYSLOG_IDENTIFIER="y" * 10_000, PRIORITY="99"))
    assert entry is not None
    assert (entry.lost, len(entry.lines[0])) == (5, MESSAGE_BYTES + 500)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"No journal files were found.",
        b"[1]",
        b"{}",
        b'{"__CURSOR": "", "__REALTIME_TIMESTAMP": "1"}',
        b'{"__CURSOR": 5, "__REALTIME_TIMESTAMP": "1"}',
        b'{"__CURSOR": "c", "__REALTIME_TIMESTAMP": "1' + b"0" * 30 + b'"}',
        b'{"__CURSOR": "' + b"c" * 600 + b'", "__REALTIME_TIMESTAMP": "1"}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_entry(line: bytes) -> None:
    assert read_entry(line) is None

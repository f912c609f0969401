from __future__ import annotations

from dataclasses import replace

import pytest

from agent.logs.cursor import HEAD_BYTES, Happened, Seen, begin, decide, hash_head, is_copy, lengthen_head, restart
from agent.spool.port import Cursor

HEAD = b"first line of the log\nsecond line\n"
CURSOR = Cursor("app", "/log/app.log", 1, 7, hash_head(HEAD), len(HEAD), 3, 500, 12)
EMPTY = Cursor("app", "/log/app.log", 1, 7, hash_head(b""), 0, 0, 0, 0)


def seen(*, device: int = 1, inode: int = 7, size: int = 500, head: bytes = HEAD + b"more") -> Seen:
    return Seen(device, inode, size, head)


TABLE: list[tuple[str, Cursor | None, Seen | None, Happened]] = [
    ("gone", CURSOR, None, Happened.VANISHED),
    ("never there", None, None, Happened.VANISHED),
    ("not known", None, seen(), Happened.NEW),
    ("nothing written", CURSOR, seen(), Happened.UNCHANGED),
    ("written", CURSOR, seen(size=501), Happened.CONTINUE),
    ("rotated by rename", CURSOR, seen(inode=8), Happened.REPLACED),
    ("rotated, and equal", CURSOR, seen(inode=8, size=500), Happened.REPLACED),
    ("cut to nothing", CURSOR, seen(size=0, head=b""), Happened.TRUNCATED),
    ("cut in the middle", CURSOR, seen(size=499), Happened.TRUNCATED),
    ("cut and written again, shorter", CURSOR, seen(size=40, head=b"other" * 8), Happened.TRUNCATED),
    ("cut and written again, longer", CURSOR, seen(size=900, head=b"other" * 100), Happened.TRUNCATED),
    ("cut and written again, as long", CURSOR, seen(size=500, head=b"other" * 100), Happened.TRUNCATED),
    ("cut inside the head", CURSOR, seen(size=10, head=HEAD[:10]), Happened.TRUNCATED),
    ("a writer that does not append", CURSOR, seen(size=600, head=bytes(600)), Happened.TRUNCATED),
    ("inode used again", CURSOR, seen(size=700, head=b"a new file" * 70), Happened.TRUNCATED),
    ("device renumbered by a reboot", CURSOR, seen(device=2), Happened.UNCHANGED),
    ("device renumbered, written", CURSOR, seen(device=2, size=600), Happened.CONTINUE),
    ("same inode on another device", CURSOR, seen(device=2, head=b"other" * 10), Happened.REPLACED),
    ("empty file, still empty", EMPTY, seen(size=0, head=b""), Happened.UNCHANGED),
    ("empty file, written", EMPTY, seen(size=5, head=b"hello"), Happened.CONTINUE),
    ("empty file on another device", EMPTY, seen(device=2, size=0, head=b""), Happened.REPLACED),
]


@pytest.mark.parametrize(("case", "cursor", "there", "happened"), TABLE, ids=[row[0] for row in TABLE])
def test_what_happened(case: str, cursor: Cursor | None, there: Seen | None, happened: Happened) -> None:
    assert decide(cursor, there) is happened


def test_a_head_grows_with_its_file_up_to_a_limit() -> None:
    cursor = begin("app", "/log/app.log", seen(size=5, head=b"hello"))
    assert (cursor.head_bytes, cursor.position, cursor.generation) == (5, 0, 0)
    longer = lengthen_head(cursor, seen(size=5_000, head=b"hello" + b"x" * (HEAD_BYTES - 5)))
    assert longer.head_bytes == HEAD_BYTES
    assert decide(longer, seen(size=6_000, head=b"hello" + b"x" * (HEAD_BYTES - 5))) is Happened.CONTINUE
    assert lengthen_head(longer, seen(size=6_000, head=b"hello" + b"x" * (HEAD_BYTES - 5))) is longer


def test_a_cut_file_begins_again_in_the_next_generation() -> None:
    fresh = restart(replace(CURSOR, history_until=900), seen(size=3, head=b"new"))
    assert (fresh.generation, fresh.position, fresh.line_number, fresh.history_until) == (4, 0, 0, 0)
    assert (fresh.head_bytes, fresh.head_hash) == (3, hash_head(b"new"))


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (seen(inode=8), True),
        (seen(inode=8, size=900), True),
        (seen(), False),  # the file itself
        (seen(inode=8, size=499), False),
        (seen(inode=8, head=b"other" * 10), False),
    ],
)
def test_what_is_a_copy(there: Seen, *, expected: bool) -> None:
    assert is_copy(there, CURSOR) is expected


def test_an_empty_file_has_no_copies() -> None:
    assert not is_copy(seen(inode=8, size=0, head=b""), EMPTY)

from __future__ import annotations

import hashlib
from pathlib import Path

from remediation.backup.drills.comparing import compare_dumps, compare_files
from remediation.backup.manifest import DatabaseFacts, FileFacts
from remediation.backup.model import Entry, EntryKind


def _facts(path: str, content: bytes, mtime_ns: int = 5) -> FileFacts:
    return FileFacts(path=path, size_bytes=len(content), mtime_ns=mtime_ns, sha256=hashlib.sha256(content).hexdigest())


def _entry(path: str, content: bytes, mtime_ns: int = 5) -> Entry:
    return Entry(path, EntryKind.FILE, len(content), mtime_ns=mtime_ns)


def test_each_file_is_the_same_changed_or_wrong(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").write_bytes(b"two")
    (tmp_path / "c").write_bytes(b"longer")
    (tmp_path / "d").symlink_to("/etc/hostname")
    facts = [_facts("/a", b"one"), _facts("/b", b"TWO"), _facts("/c", b"six"), _facts("/d", b"x"), _facts("/e", b"x")]
    found = compare_files(facts, [_entry(each.path, b"x" * each.size_bytes) for each in facts], tmp_path, frozenset())
    assert (found.same, found.changed) == (1, 0)
    assert [problem.split(": ")[1] for problem in found.wrong] == [
        "has another content",
        "has 6 bytes instead of 3",
        "is no file any more",
        "No such file or directory",
    ]


def test_a_file_that_was_written_meanwhile_or_went_away_is_told_apart(tmp_path: Path) -> None:
    facts = [_facts("/a", b"one"), _facts("/b", b"one")]
    found = compare_files(facts, [_entry("/a", b"one", mtime_ns=6)], tmp_path, frozenset())
    assert (found.same, found.changed, found.wrong) == (0, 2, ())
    found = compare_files(facts, [_entry("/a", b"one", mtime_ns=6)], tmp_path, frozenset({"/b"}))
    assert found.wrong == ("/b: is not in the snapshot",)


def test_every_file_of_a_dump_counts(tmp_path: Path) -> None:
    folder = tmp_path / "databases/orders"
    folder.mkdir(parents=True)
    (folder / "content").write_bytes(b"one")
    hashes = {"content": hashlib.sha256(b"one").hexdigest(), "roles": hashlib.sha256(b"").hexdigest()}
    facts = DatabaseFacts(name="orders", engine="x", version="1", files=["content", "roles"], hashes=hashes)
    found = compare_dumps([facts], tmp_path)
    assert (found.same, found.wrong) == (1, ("orders: roles: No such file or directory",))

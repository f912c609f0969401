"""The key lies in the state folder for its owner alone, and stays."""

from __future__ import annotations

import stat
from pathlib import Path

from agent.redaction.key import FILE_NAME, keep_key, read_key


def test_made_once_and_kept(tmp_path: Path) -> None:
    assert read_key(tmp_path) is None
    key = keep_key(tmp_path, lambda size: b"a" * size)
    assert len(key) == 32
    assert keep_key(tmp_path, lambda size: b"b" * size) == key == read_key(tmp_path)
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_others_lose_their_rights(tmp_path: Path) -> None:
    keep_key(tmp_path, lambda size: b"a" * size)
    (tmp_path / FILE_NAME).chmod(0o644)
    keep_key(tmp_path, lambda size: b"b" * size)
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_a_torn_key_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"short")
    assert read_key(tmp_path) is None
    assert keep_key(tmp_path, lambda size: b"n" * size) == b"n" * 32

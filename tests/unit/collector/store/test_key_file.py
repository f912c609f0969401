from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from collector.errors import StoreRefused
from collector.store.key_file import NAME, _make, receipt_key
from wire.keys import public_bytes


def test_it_is_made_once_and_is_private(tmp_path: Path) -> None:
    first, again = receipt_key(tmp_path, "a"), receipt_key(tmp_path, "b")
    assert public_bytes(first) == public_bytes(again)
    assert [path.name for path in tmp_path.iterdir()] == [NAME], "no temporary file stays"
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_many_that_start_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda at: receipt_key(tmp_path, str(at)), range(64)))
    assert len({public_bytes(key) for key in found}) == 1
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_the_slower_of_two_takes_the_key_of_the_faster(tmp_path: Path) -> None:
    first = receipt_key(tmp_path, "a")
    _make(tmp_path / NAME, "b")  # it looked before the first was there
    assert public_bytes(receipt_key(tmp_path, "c")) == public_bytes(first)
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_damaged_key_is_told_and_kept(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    before = (tmp_path / NAME).read_bytes()
    with pytest.raises(StoreRefused, match="restore it from a backup"):
        receipt_key(tmp_path, "a")
    assert (tmp_path / NAME).read_bytes() == before


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreRefused, match="cannot be used: No such file"):
        receipt_key(tmp_path / "none", "a")

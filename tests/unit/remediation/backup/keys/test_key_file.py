from __future__ import annotations

from pathlib import Path

import pytest

from remediation.backup.errors import TargetRefused
from remediation.backup.keys.key_file import load_key, replace_key, write_key

KEY = bytes(range(32))


def test_a_key_is_written_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new/backup.key"
    write_key(path, KEY)
    assert load_key(path) == KEY
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(TargetRefused, match="holds a key already"):
        write_key(path, bytes(32))
    assert load_key(path) == KEY
    replace_key(path, bytes(32))
    assert load_key(path) == bytes(32)


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "backup.key"
    write_key(path, KEY)
    path.chmod(0o640)
    with pytest.raises(TargetRefused, match="chmod 600"):
        load_key(path)


def test_a_file_that_is_no_key_says_where(tmp_path: Path) -> None:
    path = tmp_path / "backup.key"
    write_key(path, KEY)
    path.write_text(path.read_text().replace("000G", "000H"))
    with pytest.raises(TargetRefused, match="line 1"):
        load_key(path)
    with pytest.raises(TargetRefused, match="keys init"):
        load_key(tmp_path / "none")

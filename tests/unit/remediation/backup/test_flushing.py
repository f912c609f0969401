from __future__ import annotations

from pathlib import Path

import pytest

from remediation.backup.flushing import flush_file_systems


def test_folders_of_one_or_more_file_systems_are_flushed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 100_000)
    flush_file_systems([tmp_path, tmp_path, Path("/dev/shm")])
    flush_file_systems([])


def test_what_is_no_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        flush_file_systems([tmp_path / "absent"])

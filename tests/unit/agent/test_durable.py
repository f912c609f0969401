from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.durable import Occupied, lock_holder, locked, make_private_folder, write_durably


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "f"
    write_durably(path, b"old")
    write_durably(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_crash_left_is_in_nobodys_way(tmp_path: Path) -> None:
    left = tmp_path / "f.new"
    left.write_bytes(b"half")
    left.chmod(0o666)
    write_durably(tmp_path / "f", b"whole")
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o600
    assert not left.exists()


def test_a_link_in_the_place_of_the_new_file_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / "f.new").symlink_to(victim)
    write_durably(tmp_path / "f", b"x")
    assert victim.read_bytes() == b"precious"


def test_a_state_folder_is_private_even_if_it_was_not(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    make_private_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o755)
    make_private_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_one_process_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = f"""
from pathlib import Path
from agent.durable import Occupied, locked
try:
    with locked(Path({str(path)!r})): print("got it")
except Occupied as occupied: print(occupied.holder)
"""
    with locked(path):
        assert lock_holder(path) == os.getpid()
        with pytest.raises(Occupied), locked(path):
            pass
        other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert other.stdout.strip() == str(os.getpid())
    assert lock_holder(path) is None
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == "got it"

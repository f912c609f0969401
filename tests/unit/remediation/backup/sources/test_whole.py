"""Whatever goes wrong, nothing half written stays."""

from __future__ import annotations

import errno
import time
from pathlib import Path

import pytest

from remediation.backup.errors import SourceFailed
from remediation.backup.programs import Program, ProgramFailed, Programs
from remediation.backup.sources.whole import hash_files, in_words, run_whole, whole_or_nothing

PROGRAMS = Programs(time.monotonic)


class _Foreign(Exception):
    pass


def _write_half(folder: Path, error: BaseException) -> None:
    (folder / "half").touch()
    (folder / "folder").mkdir()
    (folder / "folder/more").touch()
    raise error


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), _Foreign({"S": "FATAL", "M": "shut down"}), EOFError()],
)
def test_an_error_empties_the_folder(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(SourceFailed, match="clinic is not saved"), whole_or_nothing("clinic", tmp_path, (_Foreign,)):
        _write_half(tmp_path, error)
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_empties_it_too(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), whole_or_nothing("clinic", tmp_path):
        _write_half(tmp_path, KeyboardInterrupt())
    assert list(tmp_path.iterdir()) == []


def test_a_good_end_keeps_everything(tmp_path: Path) -> None:
    with whole_or_nothing("clinic", tmp_path):
        (tmp_path / "dump").write_bytes(b"abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert hash_files(tmp_path) == {"dump": digest}


def test_what_was_there_before_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    with pytest.raises(SourceFailed, match="is not empty"), whole_or_nothing("clinic", tmp_path):
        pass
    assert (tmp_path / "other").exists()
    with pytest.raises(SourceFailed, match="No such file"), whole_or_nothing("clinic", tmp_path / "absent"):
        pass


def test_a_program_that_fails_after_its_output_counts_as_failed(tmp_path: Path) -> None:
    argv = ("/bin/sh", "-c", "echo half; echo broken >&2; exit 3")
    with pytest.raises(ProgramFailed, match="sh: exit code 3: broken"):
        run_whole(PROGRAMS, Program(argv, 10), to=tmp_path / "out")
    assert run_whole(PROGRAMS, Program(("echo", "whole"), 10)).output == b"whole\n"
    run_whole(PROGRAMS, Program(("echo", "whole"), 10), to=tmp_path / "whole")
    assert (tmp_path / "whole").read_text() == "whole\n"


def test_a_disk_that_is_full_is_told() -> None:
    with pytest.raises(OSError, match="No space left"), Path("/dev/full").open("wb", buffering=0) as full:
        PROGRAMS.run(Program(("echo", "whole"), 10), take=lambda piece: _write(full.fileno(), piece))


def _write(handle: int, piece: bytes) -> None:
    import os

    os.write(handle, piece)


def test_words() -> None:
    assert in_words(_Foreign({"S": "FATAL", "M": "shut down"})) == "FATAL: shut down"
    assert in_words(EOFError()) == "EOFError"
    assert in_words("as it is") == "as it is"

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from remediation.backup.engines.lease import Owner, owner_of
from remediation.backup.errors import TargetUnavailable
from remediation.backup.lease import FOLDER_NAME, leased

ME = owner_of(os.getpid())


def _files(state: Path) -> list[Path]:
    return list((state / FOLDER_NAME).glob("*.json"))


def test_one_at_a_time_for_each_target(tmp_path: Path) -> None:
    with leased(tmp_path, "/mnt/a", ME):
        with pytest.raises(TargetUnavailable, match=str(os.getpid())), leased(tmp_path, "/mnt/a", ME):
            pass
        with leased(tmp_path, "/mnt/b", ME):
            assert len(_files(tmp_path)) == 2
    assert _files(tmp_path) == []
    with leased(tmp_path, "/mnt/a", ME):
        pass


def test_a_lease_of_a_process_that_died_is_taken_over(tmp_path: Path) -> None:
    script = (
        "import os; from pathlib import Path; from remediation.backup.lease import leased;"
        "from remediation.backup.engines.lease import owner_of;"
        f"held = leased(Path({str(tmp_path)!r}), 'x', owner_of(os.getpid())); held.__enter__(); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    assert len(_files(tmp_path)) == 1, "it died holding it"
    with leased(tmp_path, "x", ME):
        pass


def test_a_lease_of_a_living_process_is_not_taken_over(tmp_path: Path) -> None:
    child = subprocess.Popen(["sleep", "60"])
    try:
        with leased(tmp_path, "x", owner_of(child.pid)):
            with pytest.raises(TargetUnavailable), leased(tmp_path, "x", ME):
                pass
            assert len(_files(tmp_path)) == 1
    finally:
        child.kill()
        child.wait()


def test_a_number_that_was_used_again_holds_nothing(tmp_path: Path) -> None:
    before = Owner(host=ME.host, boot=ME.boot, pid=ME.pid, started=ME.started - 1)
    with leased(tmp_path, "x", before), leased(tmp_path, "x", ME):
        pass


def test_a_lease_that_is_no_lease_counts_for_nothing(tmp_path: Path) -> None:
    with leased(tmp_path, "x", ME):
        _files(tmp_path)[0].write_bytes(b"\0\0\0")
        with leased(tmp_path, "x", ME):
            pass

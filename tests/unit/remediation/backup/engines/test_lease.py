from __future__ import annotations

import os
import subprocess
from pathlib import Path

import msgspec
import pytest

from remediation.backup.engines.lease import Owner, is_provably_dead, owner_of


@pytest.fixture
def machine_id(tmp_path: Path) -> Path:
    (tmp_path / "machine-id").write_text("this host\n")
    return tmp_path / "machine-id"


def test_who_lives_is_not_dead(machine_id: Path) -> None:
    me = owner_of(os.getpid(), machine_id=machine_id)
    assert me.host == "this host"
    assert not is_provably_dead(me, machine_id=machine_id)


@pytest.mark.parametrize(("field", "value"), [("boot", "another"), ("started", 1), ("pid", 2**22 + 1)])
def test_another_boot_start_or_number_is_proof(machine_id: Path, field: str, value: object) -> None:
    owner = msgspec.structs.replace(owner_of(os.getpid(), machine_id=machine_id), **{field: value})
    assert is_provably_dead(owner, machine_id=machine_id)


def test_of_another_host_nothing_is_proved(machine_id: Path, tmp_path: Path) -> None:
    owner = Owner(host="another", boot="long ago", pid=2**22 + 1, started=1)
    assert not is_provably_dead(owner, machine_id=machine_id)
    assert not is_provably_dead(msgspec.structs.replace(owner, host=""), machine_id=tmp_path / "absent")


def test_one_that_has_ended(machine_id: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        owner = owner_of(child.pid, machine_id=machine_id)
        assert not is_provably_dead(owner, machine_id=machine_id)
        child.kill()
    assert is_provably_dead(owner, machine_id=machine_id)
    with pytest.raises(ProcessLookupError):
        owner_of(child.pid, machine_id=machine_id)

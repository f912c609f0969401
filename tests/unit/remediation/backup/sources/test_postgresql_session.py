from __future__ import annotations

import time
from pathlib import Path

import pytest

from remediation.backup.errors import SourceFailed
from remediation.backup.programs import Programs
from remediation.backup.sources.login import Login
from remediation.backup.sources.postgresql_session import arguments, environment, find_program

PROGRAMS = Programs(time.monotonic)


def test_the_program_of_the_same_version_or_a_newer_one(tmp_path: Path) -> None:
    for major in (14, 16):
        (tmp_path / str(major)).mkdir()
        (tmp_path / str(major) / "pg_dump").touch(mode=0o755)
    folders = (f"{tmp_path}/{{major}}",)
    assert find_program(PROGRAMS, "pg_dump", 14, newer=False, folders=folders) == f"{tmp_path}/14/pg_dump"
    assert find_program(PROGRAMS, "pg_dump", 15, newer=True, folders=folders) == f"{tmp_path}/16/pg_dump"
    with pytest.raises(SourceFailed, match="there is no pg_dump of PostgreSQL 15 on this host; install it"):
        find_program(PROGRAMS, "pg_dump", 15, newer=False, folders=folders)


def test_a_password_is_in_no_argument() -> None:
    login = Login("boss", "secret", port=1)
    assert not any("secret" in argument for argument in arguments(login))
    assert environment(login) == {"PGPASSWORD": "secret"}
    assert environment(Login("boss")) == {}
    assert arguments(Login("boss", socket="/run/x"))[:2] == ["-h", "/run/x"]

from __future__ import annotations

import time

import pytest

from remediation.backup.errors import SourceFailed
from remediation.backup.programs import Programs
from remediation.backup.sources.login import Login
from remediation.backup.sources.mariadb_session import arguments, environment, find_program

PROGRAMS = Programs(time.monotonic)


def test_the_first_program_that_is_there() -> None:
    assert find_program(PROGRAMS, "no-such-program", "sh").endswith("/sh")
    with pytest.raises(SourceFailed, match="there is no program no-such-program on this host"):
        find_program(PROGRAMS, "no-such-program")


def test_a_password_is_in_no_argument() -> None:
    login = Login("boss", "secret", port=1)
    assert not any("secret" in argument for argument in arguments(login))
    assert environment(login) == {"MYSQL_PWD": "secret"}
    assert arguments(Login("boss", socket="/run/x"))[:2] == ["--no-defaults", "--socket=/run/x"]

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from agent.logs.journalctl import Journalctl
from agent.settings.model import JournalRule

DEADLINE_S = 10
STUBBORN = "trap '' TERM; echo up; while :; do read x; done < /dev/zero"


def a_program(folder: Path, script: str) -> str:
    path = folder / "journalctl"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def read_all(program: Journalctl) -> bytes:
    output, waited = b"", threading.Event()
    for _ in range(DEADLINE_S * 100):
        piece = program.read()
        if piece is None:
            return output
        output += piece
        waited.wait(0.01)
    raise AssertionError("it never ended")


def test_fixed_arguments_and_an_environment_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYSTEMD_PAGER", "evil")
    rule = JournalRule(units=["a.service", "b@1.service"], directory="/srv/a b")
    program = Journalctl(rule, "--since=@5", a_program(tmp_path, 'echo "$@"; env; pwd'))
    said = read_all(program).decode()
    program.close()
    arguments, *rest = said.splitlines()
    assert arguments.endswith("--since=@5 --directory=/srv/a b --unit=a.service --unit=b@1.service")
    assert "--follow" in arguments
    assert rest[-1] == "/"
    assert "evil" not in said
    assert {line.split("=")[0] for line in rest[:-1]} <= {"PATH", "LANG", "TZ", "PWD", "_", "SHLVL", "OLDPWD"}


def test_it_is_never_waited_for(tmp_path: Path) -> None:
    program = Journalctl(JournalRule(), "--since=@0", a_program(tmp_path, "exec sleep 60"))
    assert program.read() == b""
    program.close()
    assert program._process.returncode is not None


def test_one_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.logs.journalctl.END_S", 0.1)
    program = Journalctl(
        JournalRule(), "--since=@0", a_program(tmp_path, "trap '' TERM; echo up; while :; do read x; done < /dev/zero")
    )
    while program.read() == b"":
        pass
    program.close()
    assert program._process.returncode == -9


def test_its_output_waits_in_the_pipe(tmp_path: Path) -> None:
    program = Journalctl(JournalRule(), "--since=@0", a_program(tmp_path, "exec cat /dev/zero"))
    taken = 0
    for _ in range(DEADLINE_S * 1_000):
        taken += len(program.read() or b"")
        if taken > 1_000_000:
            break
    assert taken > 1_000_000
    program.close()


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError):
        Journalctl(JournalRule(), "--since=@0", "/nonexistent/journalctl")

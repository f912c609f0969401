from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from remediation.executor.runner import ENVIRONMENT, SystemRunner
from remediation.repair.actions import Program


def script(folder: Path, text: str, name: str = "program") -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def runner() -> SystemRunner:
    return SystemRunner(time.monotonic)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_nothing_of_ours_reaches_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "do not tell")
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "open").open("w") as held:
        os.set_inheritable(held.fileno(), True)
        path = script(tmp_path, "env; pwd; umask; cat; ls /proc/$$/fd | wc -l")
        ran = runner().run(Program((str(path),), 10, 10_000))
    lines = ran.output.decode().splitlines()
    names = {line.partition("=")[0] for line in lines if "=" in line} - {"PWD", "OLDPWD", "SHLVL", "_"}
    assert names == set(ENVIRONMENT)
    assert lines[-3:-1] == ["/", "0077"]
    assert int(lines[-1]) <= 4  # three streams, and the script itself


def test_arguments_arrive_as_they_are(tmp_path: Path) -> None:
    path = script(tmp_path, 'for each in "$@"; do echo "<$each>"; done')
    ran = runner().run(Program((str(path), "a b", "; touch x", "$(id)", "", "*", "한"), 10, 1_000))
    assert ran.output.decode().splitlines() == ["<a b>", "<; touch x>", "<$(id)>", "<>", "<*>", "<한>"]


def test_grandchildren_die_with_it(tmp_path: Path) -> None:
    path = script(
        tmp_path,
        f"sleep 300 & echo $! > {tmp_path}/one\n"
        f"setsid sh -c 'echo $$ > {tmp_path}/two; exec sleep 300' &\n"
        f"(setsid sh -c 'echo $$ > {tmp_path}/three; sleep 300 & wait' &)\n"
        f"while ! test -s {tmp_path}/two || ! test -s {tmp_path}/three; do :; done\n",
    )
    ran = runner().run(Program((str(path),), 10, 1_000))
    assert ran.exit_code == 0
    assert ran.duration_s < 5
    pids = [int((tmp_path / name).read_text()) for name in ("one", "two", "three")]
    assert [pid for pid in pids if is_alive(pid)] == []


def test_a_deaf_program_is_killed_and_its_children_too(tmp_path: Path) -> None:
    path = script(tmp_path, f"trap '' TERM HUP INT\nsleep 300 & echo $! > {tmp_path}/one\nwhile :; do sleep 1; done")
    ran = runner().run(Program((str(path),), 0.5, 1_000))
    assert (ran.is_timeout, ran.signal) == (True, 9)
    assert not is_alive(int((tmp_path / "one").read_text()))


def test_endless_output_does_not_stop_it(tmp_path: Path) -> None:
    path = script(tmp_path, "yes | head -c 20000000")
    ran = runner().run(Program((str(path),), 20, 100))
    assert (ran.exit_code, len(ran.output), ran.output_bytes) == (0, 100, 20_000_000)


def test_a_closed_output_is_not_an_end(tmp_path: Path) -> None:
    path = script(tmp_path, "exec >&- 2>&-; sleep 0.3; exit 5")
    assert runner().run(Program((str(path),), 10, 100)).exit_code == 5


def test_a_signal_is_told(tmp_path: Path) -> None:
    ran = runner().run(Program((str(script(tmp_path, "kill -SEGV $$")),), 10, 100))
    assert (ran.exit_code, ran.signal, ran.is_timeout) == (None, 11, False)


@pytest.mark.parametrize("name", ["./program", "bin/program", "../program", "", "/", "program\x00", "/tmp/../bin/true"])
def test_only_absolute_paths_and_bare_names(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path, "exit 0")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert runner().run(Program((name,), 10, 100)).problem


def test_the_callers_path_means_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path, "exit 0", name="only-here")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert runner().run(Program(("only-here",), 10, 100)).problem
    assert runner().run(Program(("true",), 10, 100)).exit_code == 0


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o757])
def test_a_program_that_others_may_write_is_refused(tmp_path: Path, mode: int) -> None:
    path = script(tmp_path, f"touch {tmp_path}/marker")
    path.chmod(mode)
    assert "changed by others" in runner().run(Program((str(path),), 10, 100)).problem
    assert not (tmp_path / "marker").exists()

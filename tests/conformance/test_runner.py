"""One suite for both sides of remediation.executor.port.Runner."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from remediation.executor.port import Runner
from remediation.executor.runner import SystemRunner
from remediation.repair.actions import Program
from tests.fakes.runner import Scripted, ScriptedRunner

Make = Callable[[Scripted], Runner]
SLOW_S = 30.0


@pytest.fixture(params=["system", "scripted"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    def scripted(what: Scripted) -> Runner:
        return ScriptedRunner({"program": what})

    def system(what: Scripted) -> Runner:
        path = tmp_path / "program"
        (tmp_path / "output").write_bytes(what.output)
        text = f"#!/bin/sh\ncat {tmp_path}/output\nsleep {what.takes_s if what.takes_s >= 1 else 0}\n"
        path.write_text(f"{text}exit {what.exit_code}\n")
        path.chmod(0o755)
        return SystemRunner(time.monotonic, path=(str(tmp_path),))

    return {"system": system, "scripted": scripted}[request.param]


def a_program(*, name: str = "program", timeout_s: float = 20, output_bytes: int = 1_000) -> Program:
    return Program((name,), timeout_s, output_bytes)


@pytest.mark.parametrize("code", [0, 1, 77, 255])
def test_the_exit_code_is_told(make: Make, code: int) -> None:
    ran = make(Scripted(exit_code=code)).run(a_program())
    assert (ran.exit_code, ran.signal, ran.problem, ran.is_timeout) == (code, None, "", False)
    assert ran.is_success == (code == 0)


@pytest.mark.parametrize("size", [0, 999, 1_000, 1_001, 300_000])
def test_output_is_kept_up_to_the_limit_and_counted(make: Make, size: int) -> None:
    output = (b"0123456789" * (size // 10 + 1))[:size]
    ran = make(Scripted(output=output)).run(a_program())
    assert (ran.output, ran.output_bytes, ran.exit_code) == (output[:1_000], size, 0)


def test_time_over_kills(make: Make) -> None:
    ran = make(Scripted(output=b"before", takes_s=SLOW_S)).run(a_program(timeout_s=0.5))
    assert (ran.exit_code, ran.signal, ran.is_timeout, ran.output) == (None, 9, True, b"before")
    assert 0.5 <= ran.duration_s < 5
    assert not ran.is_success


def test_a_program_that_is_not_there_is_a_problem(make: Make) -> None:
    ran = make(Scripted()).run(a_program(name="absent"))
    assert ran.problem
    assert (ran.exit_code, ran.signal, ran.is_success) == (None, None, False)

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from remediation.backup.programs import ENVIRONMENT, Program, ProgramFailed, Programs, Ran


@pytest.fixture
def programs() -> Programs:
    return Programs(time.monotonic)


def sh(text: str, *, timeout_s: float = 20, output_bytes: int = 1 << 20, **more: str) -> Program:
    return Program(("sh", "-c", text), timeout_s, environment=more, output_bytes=output_bytes)


def is_gone(pid: int) -> bool:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.01)
    return False


def test_output_complaint_and_code_are_told(programs: Programs) -> None:
    ran = programs.run(sh("echo out; echo why >&2; exit 3"))
    assert (ran.exit_code, ran.output, ran.complaint, ran.is_success) == (3, b"out\n", "why\n", False)
    assert str(ran) == "exit code 3: why"


def test_one_that_complains_hopelessly_is_not_waited_for(programs: Programs) -> None:
    program = replace(sh("echo 'no room' >&2; exec sleep 30"), hopeless=(b"no room",))
    ran = programs.run(program)
    assert (ran.exit_code, ran.complaint, ran.duration_s < 10) == (None, "no room\n", True)
    assert programs.run(replace(program, argv=("sh", "-c", "echo 'some room' >&2"))).is_success


def test_output_is_kept_up_to_the_limit(programs: Programs) -> None:
    ran = programs.run(sh("head -c 300000 /dev/zero", output_bytes=1_000))
    assert (ran.is_success, len(ran.output)) == (True, 1_000)


def test_a_taker_gets_everything(programs: Programs) -> None:
    pieces: list[bytes] = []
    ran = programs.run(sh("head -c 3000000 /dev/zero"), take=pieces.append)
    assert (sum(map(len, pieces)), ran.output) == (3_000_000, b"")


def test_the_environment_is_fixed(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAK", "1")
    lines = programs.run(sh("env", GIVEN="yes")).output.decode().splitlines()
    names = {line.partition("=")[0] for line in lines}
    assert "GIVEN=yes" in lines
    assert names - {"PWD", "_", "SHLVL", "OLDPWD"} == {*ENVIRONMENT, "GIVEN"}


def test_a_feed_of_pieces_and_one_of_a_file(programs: Programs, tmp_path: Path) -> None:
    pieces = iter([b"a" * 700_000, b"", b"b" * 700_000])
    assert len(programs.run(Program(("cat",), 20), feed=pieces).output) == 1_400_000
    path = tmp_path / "file"
    path.write_bytes(b"content")
    with path.open("rb") as file:
        assert programs.run(Program(("cat",), 20), feed=file).output == b"content"


def test_a_program_that_wants_no_more_of_its_feed(programs: Programs) -> None:
    endless: Iterator[bytes] = iter(lambda: b"x" * 100_000, b"")
    ran = programs.run(sh("head -c 10; exit 0"), feed=endless)
    assert ran.output == b"x" * 10


def test_a_stream_that_fails_says_so_at_its_end(programs: Programs) -> None:
    pieces = programs.stream(sh("echo half; exit 1"))
    assert next(pieces) == b"half\n"
    with pytest.raises(ProgramFailed, match="sh: exit code 1"):
        next(pieces)
    assert b"".join(programs.stream(sh("echo whole"))) == b"whole\n"


def test_a_stream_that_is_left_kills_the_program(programs: Programs) -> None:
    pieces = programs.stream(sh("echo $$; exec sleep 60"))
    pid = int(next(pieces))
    os.kill(pid, 0)  # it is there
    pieces.close()  # type: ignore[attr-defined]  # a generator
    assert is_gone(pid)


def test_time_over_kills_the_whole_family(programs: Programs, tmp_path: Path) -> None:
    text = f"setsid sleep 60 & echo $! > {tmp_path}/one; sleep 60 & echo $! > {tmp_path}/two; wait"
    ran = programs.run(sh(text, timeout_s=0.5))
    assert (ran.is_timeout, ran.exit_code, ran.is_success) == (True, None, False)
    assert "longer" in str(ran)
    assert is_gone(int((tmp_path / "one").read_text()))
    assert is_gone(int((tmp_path / "two").read_text()))


def test_what_a_program_leaves_behind_is_killed(programs: Programs) -> None:
    ran = programs.run(sh("sleep 60 >/dev/null 2>&1 & echo $!"))
    assert ran.is_success
    assert is_gone(int(ran.output))


def test_a_taker_that_raises_kills_the_program(programs: Programs) -> None:
    pids: list[int] = []

    def take(piece: bytes) -> None:
        pids.append(int(piece))
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        programs.run(sh("echo $$; exec sleep 60"), take=take)
    assert is_gone(pids[0])


@pytest.mark.parametrize("name", ["absent-program", "/absent/program", "bin/sh"])
def test_a_program_that_is_not_there_is_a_problem(programs: Programs, name: str) -> None:
    ran = programs.run(Program((name,), 1))
    assert "cannot be started" in ran.problem
    assert (ran.exit_code, str(ran)) == (None, ran.problem)
    with pytest.raises(ProgramFailed):
        list(programs.stream(Program((name,), 1)))


def test_an_account_that_is_not_there_is_a_problem(programs: Programs) -> None:
    assert programs.run(Program(("id",), 5, user="nobody-has-this-name")).problem


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts programs of others")
@pytest.mark.root
def test_it_runs_under_another_account(programs: Programs) -> None:
    assert programs.run(Program(("id", "-un"), 5, user="nobody")).output == b"nobody\n"
    assert b"root" not in programs.run(Program(("id", "-Gn"), 5, user="nobody")).output


def test_it_is_gentle_when_asked(programs: Programs) -> None:
    before = int(programs.run(Program(("nice",), 5)).output)
    after = int(programs.run(Program(("nice",), 5, niceness=7, is_idle_io=True)).output)
    assert after - before == 7 or after == 19


def test_a_server_lives_as_long_as_its_block(programs: Programs, tmp_path: Path) -> None:
    with programs.running(sh("echo up; exec sleep 60"), tmp_path / "log") as server:
        assert server.is_up
        pid = server.pid
    assert is_gone(pid)
    with programs.running(sh("exec sleep 60"), tmp_path / "log") as server:
        assert server.end(signal.SIGTERM, 5)
        assert not server.is_up
    with programs.running(sh("trap '' TERM; echo deaf; while :; do sleep 1; done"), tmp_path / "log") as server:
        end = time.monotonic() + 5
        while b"deaf" not in (tmp_path / "log").read_bytes() and time.monotonic() < end:
            time.sleep(0.01)
        assert not server.end(signal.SIGTERM, 0.2)


def test_a_server_that_cannot_be_started(programs: Programs, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), programs.running(Program(("absent",), 1), tmp_path / "log"):
        pass


def test_a_handle_is_passed_on(programs: Programs) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"secret")
    os.close(writer)
    ran = programs.run(Program(("cat", f"/dev/fd/{reader}"), 5, passed=(reader,)))
    os.close(reader)
    assert ran.output == b"secret"


def test_a_ran_in_one_line() -> None:
    assert str(Ran(signal=9, complaint="a\nlast\n")) == "signal 9: last"

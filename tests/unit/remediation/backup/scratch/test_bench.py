from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest

from remediation.backup.errors import DumpUnusable
from remediation.backup.manifest import DatabaseFacts
from remediation.backup.programs import Program, Programs
from remediation.backup.scratch.bench import Bench, refuse_damaged

BENCH = Bench(Programs(time.monotonic), time.monotonic)
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_client_that_fails_is_told_with_its_complaint(tmp_path: Path) -> None:
    (tmp_path / "feed").write_bytes(b"abc")
    assert BENCH.run("clinic", ("cat",), feed=tmp_path / "feed").output == b"abc"
    with pytest.raises(DumpUnusable, match="the dump of clinic cannot be loaded: sh: exit code 1: why"):
        BENCH.run("clinic", ("sh", "-c", "echo why >&2; exit 1"))


def test_a_server_that_ends_or_never_answers(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with BENCH.programs.running(Program(("sh", "-c", "echo no room"), 10), log) as server:
        assert server.end(0, 10)  # type: ignore[arg-type]  # 0 asks nothing
        with pytest.raises(DumpUnusable, match="does not start: no room"):
            BENCH.wait_until_up("clinic", server, lambda: False, log)
    impatient = Bench(BENCH.programs, itertools.count(step=50).__next__)
    with BENCH.programs.running(Program(("sleep", "60"), 60), log) as server:
        with pytest.raises(DumpUnusable, match="does not start"):
            impatient.wait_until_up("clinic", server, lambda: False, log)
        impatient.wait_until_up("clinic", server, lambda: True, log)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    facts = DatabaseFacts(name="clinic", engine="sqlite", version="3", files=["a"], hashes={"a": EMPTY})
    with pytest.raises(DumpUnusable, match="No such file"):
        refuse_damaged(facts, tmp_path)
    (tmp_path / "a").touch()
    refuse_damaged(facts, tmp_path)
    (tmp_path / "a").write_bytes(b"x")
    with pytest.raises(DumpUnusable, match="a is not as it was written"):
        refuse_damaged(facts, tmp_path)

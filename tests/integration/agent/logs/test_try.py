"""`sitewarden-agent try`, run as a person runs it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agent.commands.try_ import COMMAND
from terminal import run
from tests.fakes.logs import CATALOGUE
from wire.sentence import sentence

LINES = [
    "2026-11-24 10:00:00 all is well",
    "2026-11-24 10:00:01 timeout of ward",
    "2026-11-24 10:00:02 시간 초과",
    "2026-11-24 10:00:03 timeout of ward",
    "ERROR number 7",
]


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.yaml"
    path.write_text(CATALOGUE, encoding="utf-8")
    return path


def call(*words: str | Path) -> int:
    return run("sitewarden-agent", sentence("test"), [COMMAND], Path("/nonexistent"), [str(word) for word in words])


def call_try(catalogue: Path, *words: str | Path) -> int:
    return call("try", "--catalogue", catalogue, *words)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16", "utf-16-be"])
def test_one_object_for_each_hit(
    catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], encoding: str, ending: str
) -> None:
    log = tmp_path / "app.log"
    log.write_bytes(ending.join(LINES).encode(encoding))
    assert call_try(catalogue, "--encoding", encoding, "--json", log) == 0
    out, err = capsys.readouterr()
    hits = [json.loads(line) for line in out.splitlines()]
    common = {"file": str(log), "module": "BIL"}
    assert hits == [
        {**common, "line": 2, "code": "TIMEOUT", "level": 3, "fields": {"what": "ward"}},
        {**common, "line": 3, "code": "TIMEOUT", "level": 3, "fields": {}},
        {**common, "line": 4, "code": "TIMEOUT", "level": 3, "fields": {"what": "ward"}},
        {**common, "line": 5, "code": "NUMBERED", "level": 2, "fields": {"number": "7"}},
    ]
    assert re.search(r"5 lines, 4 hits, 2 codes, \d+ lines/s, 0 undecodable bytes", err)


def test_for_a_person(catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "app.log"
    log.write_text("\n".join(LINES), encoding="utf-8")
    assert call_try(catalogue, log) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first == f"{log}:2: level 3 BIL TIMEOUT Timeout what=ward"


def test_no_hit_is_no_fault(catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, content in (("empty.log", b""), ("quiet.log", b"all is well\n"), ("binary.log", bytes(range(256)))):
        (tmp_path / name).write_bytes(content)
        assert call_try(catalogue, "--json", tmp_path / name) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "128 undecodable bytes" in err
    assert "--encoding" in err


def test_several_logs(catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs = [tmp_path / "a.log", tmp_path / "b.log"]
    for log in logs:
        log.write_text("timeout of ward\n")
    assert call_try(catalogue, "--json", *logs) == 0
    hits = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(hit["file"], hit["line"]) for hit in hits] == [(str(log), 1) for log in logs]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["none.log"], "none.log does not exist"),
        (["folder"], "folder cannot be read: it is a directory"),
        (["fifo"], "fifo cannot be read: it is a FIFO"),
        (["--encoding", "nothing", "good.log"], "the encoding nothing is not known"),
        (["--encoding", "utf-32", "good.log"], "utf-32"),
        (["good.log", "none.log"], "none.log does not exist"),
    ],
)
def test_bad_input(
    catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], expected: str
) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "good.log").write_text("timeout of ward\n")
    names = {"none.log", "folder", "fifo", "good.log"}
    assert call_try(catalogue, "--json", *(tmp_path / word if word in names else word for word in words)) == 2
    out, err = capsys.readouterr()
    assert out == ""  # not half of the hits
    assert expected in err


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("level: 2", "level: 7", r":9:16: level is .* 4"),
        (r"timeout of (?P<what>\w+)", "timeout(?!x)", r":1[0-9]:\d+: look-around"),
        (r"timeout of (?P<what>\w+)", "timeout(", r":1[0-9]:\d+: not a regular expression"),
        ("clears_by: BACK", "clears_by: NONE", r":\d+:\d+: NONE is not another code"),
        ("product: clinic", "product: clinic: x", r":2:\d+: not YAML"),
        ("version:", "versoin:", r":3:1: versoin is not known"),
    ],
)
def test_a_broken_catalogue(
    catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, expected: str
) -> None:
    catalogue.write_text(CATALOGUE.replace(old, new), encoding="utf-8")
    (tmp_path / "app.log").write_text("x\n")
    assert call_try(catalogue, tmp_path / "app.log") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(f"{re.escape(str(catalogue))}{expected}", err), err


def test_warnings_stand_on_standard_error(catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue.write_text(CATALOGUE.replace(", zh: 收费", ""), encoding="utf-8")
    (tmp_path / "app.log").write_text("x\n")
    assert call_try(catalogue, "--json", tmp_path / "app.log") == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert f"warning: {catalogue}:6:11: BIL has no text in zh" in err


def test_a_catalogue_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "app.log").write_text("x\n")
    assert call_try(tmp_path / "none.yaml", tmp_path / "app.log") == 2
    assert "none.yaml cannot be read" in capsys.readouterr().err


@pytest.mark.e2e
def test_as_a_program(catalogue: Path, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("\n".join(LINES), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "agent", "try", "--catalogue", catalogue, "--json", log],
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 4
    assert b"5 lines, 4 hits" in done.stderr


def test_bench_prints_speed_instead_of_hits(
    catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "app.log"
    log.write_text("ERROR number 7\nall well\nERROR of another kind\n" * 1_000)
    assert call_try(catalogue, "--bench", log) == 0
    out, err = capsys.readouterr()
    assert re.search(r"\d+ lines/s, \d+\.\d MB/s, \d+\.\d{3} s of processor time, engine \w+", out)
    assert "number 7" not in out
    assert "1000 lines tell of an error" in err
    assert call_try(catalogue, "--bench", "--json", log) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["lines"], figures["hits"], figures["unknown"]) == (3_000, 1_000, 1_000)
    assert figures["lines_per_s"] > 0

"""`sitewarden-agent redact` as a person runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.redaction.key import keep_key
from agent.redaction.redactor import Redactor
from agent.settings.reading import DEFAULT_PATH
from agent.settings.redaction import RedactionSettings

TEXT = "ok\n환자 900101-1234568 password=hunter2\nok\n"
KEY = b"k" * 32


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "agent.yaml").write_text("collector: http://127.0.0.1:1\nstate: state\n", encoding="utf-8")
    (tmp_path / "state").mkdir()
    keep_key(tmp_path / "state", lambda _: KEY)
    (tmp_path / "app.log").write_text(TEXT, encoding="utf-8")
    return tmp_path


def redact(folder: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agent", "redact", "--settings", str(folder / "agent.yaml"), *words],
        capture_output=True,
        text=True,
        env=os.environ | {"LANGUAGE": "C"},
        input=stdin,
        timeout=30,
        check=False,
    )


def test_the_text_as_it_would_be_stored(folder: Path) -> None:
    expected = "".join(f"{line}\n" for line in Redactor(RedactionSettings(), KEY).redact_lines(TEXT.splitlines()))
    assert redact(folder, str(folder / "app.log")).stdout == expected
    assert redact(folder, "-", stdin=TEXT).stdout == expected


def test_explain_names_places_and_no_values(folder: Path) -> None:
    done = redact(folder, "--explain", "--json", str(folder / "app.log"))
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["line"], row["column"], row["detector"], row["confidence"]) for row in rows] == [
        (2, 4, "korean_id", "high"),
        (2, 28, "secret", "high"),
    ]
    said = redact(folder, "--explain", str(folder / "app.log"))
    for text in (done.stdout, said.stdout, said.stderr):
        assert "hunter2" not in text
        assert "900101" not in text
    assert "2:4: 14 characters, korean_id (high) -> [RRN#" in said.stdout
    assert "2 places" in said.stderr


def test_values_only_on_request(folder: Path) -> None:
    assert "hunter2" in redact(folder, "--explain", "--show", str(folder / "app.log")).stdout


def test_what_is_wrong_is_said(folder: Path) -> None:
    assert redact(folder, str(folder / "none.log")).returncode == 1
    assert redact(folder, "--encoding", "klingon", str(folder / "app.log")).returncode == 2
    (folder / "agent.yaml").write_text("collector: http://127.0.0.1:1\nredaction: {phones: 1}\n", encoding="utf-8")
    assert redact(folder, str(folder / "app.log")).returncode == 2


def test_without_the_key_it_says_so_and_works(folder: Path) -> None:
    (folder / "state" / "redaction.key").unlink()
    done = redact(folder, str(folder / "app.log"))
    assert done.returncode == 0
    assert "hunter2" not in done.stdout
    assert "cannot be read" in done.stderr


@pytest.mark.skipif(DEFAULT_PATH.exists(), reason="an agent is set up on this machine")
def test_before_the_agent_is_set_up_its_own_rules_apply(folder: Path) -> None:
    line = [sys.executable, "-m", "agent", "redact", str(folder / "app.log")]
    done = subprocess.run(line, capture_output=True, text=True, timeout=30, check=True)
    assert "hunter2" not in done.stdout
    assert "900101" not in done.stdout
    assert "[RRN#" in done.stdout
    assert "cannot be read" in done.stderr, "the tokens are others than an agent would send"

"""`calendar ...` and `sla-plan ...` as a person types them, on a database of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from collector.__main__ import main

Run = Callable[..., tuple[int, str, str]]
MAKE = ("calendar", "make", "jp", "--zone", "Asia/Tokyo", "--years", "2026-2027", "--confirmed-until", "2026-12-31")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    (tmp_path / "collector.yaml").write_text("state: state\n")
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.chdir(tmp_path)

    def go(*words: str) -> tuple[int, str, str]:
        settings = () if "make" in words else ("--settings", "collector.yaml")
        monkeypatch.setattr("sys.argv", ["sitewarden-collector", *words, *settings])
        try:
            code = main()
        except SystemExit as left:
            code = int(left.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return go


def test_a_calendar_is_made_looked_over_imported_and_shown(run: Run, tmp_path: Path) -> None:
    assert run(*MAKE, "--out", "jp.yaml")[0] == 0
    assert "Respect for the Aged Day" in (tmp_path / "jp.yaml").read_text()
    code, out, _ = run("calendar", "import", "jp.yaml", "--json")
    assert (code, json.loads(out)["calendar"]) == (0, "jp")
    assert json.loads(out)["provisional_days"] > 0, "nobody has published 2027 yet"
    shown = json.loads(run("calendar", "show", "jp", "--year", "2026", "--json")[1])
    assert {day["date"][:4] for day in shown["days"]} == {"2026"}
    code, _, err = run("calendar", "import", "jp.yaml")
    assert code == 1
    assert "needs another version" in err
    assert run("calendar", "use", "jp")[0] == 0
    assert run(*MAKE, "--out", "jp.yaml")[0] != 0, "a file that is there is not overwritten"


def test_what_is_exported_can_be_changed_and_imported_again(run: Run, tmp_path: Path) -> None:
    assert run("calendar", "export", "kr", "--out", "kr.yaml")[0] == 0
    text = (tmp_path / "kr.yaml").read_text()
    version = text.split("version: ", 1)[1].split("\n", 1)[0]
    (tmp_path / "kr.yaml").write_text(text.replace(f"version: {version}", "version: ours-1", 1))
    assert run("calendar", "import", "kr.yaml")[0] == 0
    assert json.loads(run("calendar", "show", "kr", "--json")[1])["version"] == "ours-1"


@pytest.mark.parametrize(
    ("text", "part"),
    [("calendar: [", "not YAML"), ("calendar: kr\n", "version"), ("", ""), ("\x00", "")],
)
def test_a_file_that_is_no_calendar_is_refused_in_words(run: Run, tmp_path: Path, text: str, part: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    for command in (("calendar", "import"), ("sla-plan", "set")):
        code, out, err = run(*command, "bad.yaml")
        assert (code, out) in {(1, ""), (2, "")}
        assert "Traceback" not in err
        if command[0] == "calendar":
            assert part in err


def test_a_plan_is_shown_changed_and_set(run: Run, tmp_path: Path) -> None:
    plan = run("sla-plan", "show")[1]
    (tmp_path / "plan.yaml").write_text(plan.replace("level_4: {first_response: 1h", "level_4: {first_response: 2h"))
    assert run("sla-plan", "set", "plan.yaml")[0] == 0
    assert "level_4: {first_response: 2h" in run("sla-plan", "show")[1]
    (tmp_path / "plan.yaml").write_text(plan.replace("3bd", "3 days"))
    code, _, err = run("sla-plan", "set", "plan.yaml")
    assert code != 0
    assert "3 days" in err

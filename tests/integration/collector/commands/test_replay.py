"""`sitewarden-collector replay` as a person types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from collector.__main__ import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def go(*words: str) -> tuple[int, str, str]:
        monkeypatch.setenv("LANGUAGE", "en")
        monkeypatch.setattr("sys.argv", ["sitewarden-collector", "replay", *words])
        try:
            code = main()
        except SystemExit as left:
            code = int(left.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return go


def fault(second: int, site: str = "a") -> str:
    at = f"2026-11-24T10:00:{second:02d}+09:00"
    return f'{{"at":"{at}","site":"{site}","module":"M","code":"C","level":1,"status":"firing"}}\n'


def test_json_and_words_tell_the_same(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(fault(0) + fault(1) + "\n")
    code, out, err = run(str(path), "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["tickets"][0]["occurrences"] == 2
    code, out, _ = run(str(path))
    assert code == 0
    assert "1 pages, 0 digests, 1 notices to customers" in out


def test_a_file_that_is_not_in_order_comes_to_the_same(run: Run, tmp_path: Path) -> None:
    lines = [fault(second, site) for second, site in ((0, "a"), (1, "b"), (2, "c"), (3, "d"), (4, "e"))]
    forward, backward = tmp_path / "forward.jsonl", tmp_path / "backward.jsonl"
    forward.write_text("".join(lines))
    backward.write_text("".join(reversed(lines)))
    assert run(str(forward), "--json")[1] == run(str(backward), "--json")[1]


def test_rules_come_from_the_settings(run: Run, tmp_path: Path) -> None:
    path, settings = tmp_path / "events.jsonl", tmp_path / "collector.yaml"
    path.write_text(fault(0, "a") + fault(1, "b"))
    settings.write_text("rules: {fleet_sites: 2}\n")
    assert json.loads(run(str(path), "--json")[1])["problems"] == []
    [problem] = json.loads(run(str(path), "--settings", str(settings), "--json")[1])["problems"]
    assert problem["sites"] == ["a", "b"]


@pytest.mark.parametrize(("content", "words"), [("{}\n", "1:1"), (fault(0) + "no\n", "2:1")])
def test_a_line_that_is_none_is_told_by_its_number(run: Run, tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(content)
    code, out, err = run(str(path), "--json")
    assert (code, out) == (2, "")
    assert words in err


def test_a_file_that_is_not_there(run: Run, tmp_path: Path) -> None:
    code, _, err = run(str(tmp_path / "nothing"))
    assert code == 2
    assert "cannot be read" in err

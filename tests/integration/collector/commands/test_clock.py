"""`sitewarden-collector clock` as a person types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from collector.__main__ import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def go(*words: str, language: str = "en") -> tuple[int, str, str]:
        monkeypatch.setenv("LANGUAGE", language)
        monkeypatch.setattr("sys.argv", ["sitewarden-collector", "clock", *words])
        try:
            code = main()
        except SystemExit as left:
            code = int(left.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return go


def test_json_has_an_offset_and_says_whether_it_is_provisional(run: Run) -> None:
    code, out, err = run("--calendar", "kr", "--start", "2026-11-24T10:00+09:00", "--target", "8h", "--json")
    assert (code, err) == (0, "")
    answer = json.loads(out)
    assert answer["due"] == "2026-11-25T09:30:00+09:00"
    assert answer["provisional"] is False
    assert [each["percent"] for each in answer["warnings"]] == [50, 75, 90, 100]


def test_a_start_in_another_offset_is_the_same_instant(run: Run) -> None:
    _, here, _ = run("--calendar", "kr", "--start", "2026-11-24T10:00", "--target", "8h", "--json")
    _, there, _ = run("--calendar", "kr", "--start", "2026-11-24T01:00:00Z", "--target", "8h", "--json")
    assert json.loads(here) == json.loads(there)


def test_the_explanation_names_intervals_pauses_and_days(run: Run) -> None:
    code, out, _ = run(
        *("--calendar", "kr", "--start", "2026-02-12T14:00", "--target", "8h", "--explain", "--json"),
        *("--pause", "2026-02-12T16:00/2026-02-19T09:00"),
    )
    told = json.loads(out)["explanation"]
    assert code == 0
    assert sum(each["seconds"] for each in told["counted"]) == 8 * 3_600
    assert told["pauses"] == [{"from": "2026-02-12T16:00:00+09:00", "to": "2026-02-19T09:00:00+09:00"}]
    assert "Korean New Year" in [day["name"] for day in told["days"]]


def test_words_are_in_the_reader_s_language(run: Run) -> None:
    code, out, _ = run(
        *("--calendar", "cn", "--start", "2027-02-05T16:00", "--target", "8h", "--explain"), language="zh"
    )
    assert code == 0
    assert "2027-02-11" in out
    assert "春节" in out
    assert "2026-12-31" in out  # the last day that is published


def test_a_pause_that_lasts_leaves_nothing_due(run: Run) -> None:
    words = ("--calendar", "kr", "--start", "2026-11-24T10:00", "--target", "8h", "--pause", "2026-11-24T11:00/")
    code, out, _ = run(*words, "--json")
    assert (code, json.loads(out)["due"]) == (0, None)
    assert run(*words)[1].startswith("not due")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"--calendar": "mars"}, "24x7, cn, kr"),
        ({"--start": "yesterday"}, "2026-11-24T10:00"),
        ({"--start": "9999-12-31T23:59"}, "2026-11-24T10:00"),
        ({"--target": "8 hours"}, "8h"),
        ({"--target": "1001bd"}, "1 to 1000"),
        ({"--pause": "2026-11-24T11:00"}, "FROM/TO"),
        ({"--pause": "2026-11-24T12:00/2026-11-24T11:00"}, "before it begins"),
        ({"--pause": "2026-11-24T11:00/2026-11-24T12:00", "--target": "3bd"}, "no pauses"),
        ({"--start": "2199-12-30T10:00", "--target": "1000bd"}, "within the years"),
        ({"--target": "43920h-elapsed", "--explain": None, "--pause": "2026-11-24T11:00/2100-01-01T00:00"}, "too far"),
    ],
)
def test_bad_input_is_told_what_would_be_good(run: Run, change: dict[str, str | None], words: str) -> None:
    given = {"--calendar": "kr", "--start": "2026-11-24T10:00", "--target": "8h", **change}
    line = [word for pair in given.items() for word in pair if word is not None]
    code, out, err = run(*line)
    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err


def test_a_calendar_file_of_one_s_own(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "calendar: mine\nversion: '1'\nzone: Asia/Tokyo\ntitle: {en: Mine}\nweek: {tuesday: ['10:00-10:30']}\n"
        "coverage: {since: '2026-01-01', until: '2026-12-31'}\n"
    )
    _, out, _ = run("--calendar", str(path), "--start", "2026-11-24T10:00", "--target", "1h", "--json")
    assert json.loads(out)["due"] == "2026-12-01T10:30:00+09:00"
    path.write_text(path.read_text().replace("10:30", "09:30"))
    code, _, err = run("--calendar", str(path), "--start", "2026-11-24T10:00", "--target", "1h")
    assert code == 2
    assert "5:" in err

"""What a command prints: language, escapes, tables."""

from __future__ import annotations

import gettext
import io
import json
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from terminal.output import Terminal, display_width, load_language, visible
from wire.sentence import sentence


@pytest.fixture
def locale(tmp_path: Path) -> Path:
    for name, text in (("ko", "안녕"), ("zh_Hans", "你好")):
        folder = tmp_path / name / "LC_MESSAGES"
        folder.mkdir(parents=True)
        catalogue = Catalog(locale=name)
        catalogue.add("hello", text)
        with (folder / "sitewarden.mo").open("wb") as out:
            write_mo(out, catalogue)
    return tmp_path


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "hello"),
        ({"LANG": "C.UTF-8"}, "hello"),
        ({"LANG": "en_GB.UTF-8"}, "hello"),
        ({"LANG": "ko_KR.UTF-8"}, "안녕"),
        ({"LANG": "zh_CN.UTF-8"}, "你好"),
        ({"LANG": "zh_TW"}, "你好"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "en_US.UTF-8"}, "hello"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "ko:en"}, "안녕"),
        ({"LANG": "ko_KR", "LC_MESSAGES": "zh-CN"}, "你好"),
        ({"LANG": "fr_FR.UTF-8"}, "hello"),
    ],
)
def test_language_of_the_environment(locale: Path, environment: dict[str, str], expected: str) -> None:
    assert load_language(locale, environment).gettext("hello") == expected


def test_missing_locale_folder_means_english(tmp_path: Path) -> None:
    assert load_language(tmp_path / "none", {"LANG": "ko_KR"}).gettext("hello") == "hello"


def _terminal() -> tuple[Terminal, io.StringIO, io.StringIO]:
    out, err = io.StringIO(), io.StringIO()
    return Terminal(gettext.NullTranslations(), out, err), out, err


def test_say_and_warn_go_to_their_streams() -> None:
    terminal, out, err = _terminal()
    terminal.say(sentence("{count} lines", count=3))
    terminal.warn(sentence("no file"))
    assert (out.getvalue(), err.getvalue()) == ("3 lines\n", "no file\n")


def test_json_is_one_line_and_keeps_letters() -> None:
    terminal, out, _ = _terminal()
    terminal.json({"title": "결제\n실패"})
    assert out.getvalue().count("\n") == 1
    assert "결제" in out.getvalue()
    assert json.loads(out.getvalue()) == {"title": "결제\n실패"}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain", "plain"),
        ("a\tb\nc", "a\tb\nc"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("\x1b]52;c;AAAA\x07", "\\x1b]52;c;AAAA\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("abc\u202etxt", "abc\\x202etxt"),
        ("\ud800", "\\xd800"),
        ("\x00", "\\x00"),
        ("\r", "\\x0d"),
        ("한글 中文", "한글 中文"),
    ],
)
def test_foreign_text_cannot_move_the_cursor(given: str, shown: str) -> None:
    assert visible(given) == shown


def test_sentence_values_are_escaped_too() -> None:
    terminal, out, _ = _terminal()
    terminal.say(sentence("{line}", line="\x1b[31mred"))
    assert "\x1b" not in out.getvalue()


def test_table_lines_up_by_display_width() -> None:
    terminal, out, _ = _terminal()
    terminal.table([sentence("site"), sentence("state")], [["서울", "ok"], ["shanghai", "silent"]])
    lines = out.getvalue().splitlines()
    assert [
        display_width(line[: line.index(word)]) for line, word in zip(lines, ("state", "ok", "silent"), strict=True)
    ] == [
        10,
        10,
        10,
    ]


def test_table_without_rows_prints_its_heads() -> None:
    terminal, out, _ = _terminal()
    terminal.table([sentence("site"), sentence("state")], [])
    assert out.getvalue() == "site  state\n"

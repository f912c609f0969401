"""Which encoding bytes are in: seldom unsure of a page, never wrong of it, and never sure of what it does not know."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.logs.guess import Guess, Recogniser, is_utf8
from agent.settings.encoding import find_encoding
from tests.fakes.foreign_logs import CHINESE, JAPANESE, KOREAN, LINES, generated

KNOWN = {"cp949": "cp949", "euc-kr": "cp949", "gb18030": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}


def guess(*lines: bytes) -> str:
    return Guess().see(b"\n".join(lines) + b"\n")


@pytest.mark.parametrize("codec", list(LINES))
def test_a_page_of_each_encoding_is_told(codec: str) -> None:
    assert guess(*[line.encode(codec) for line in LINES[codec]]) == KNOWN[codec]


@pytest.mark.parametrize("codec", ["cp949", "gb18030", "cp932"])
def test_of_generated_lines_nearly_all_are_told_and_none_is_wrong(codec: str) -> None:
    lines = generated(codec, 3_000, seed=1)
    alone = [guess(line) for line in lines]
    assert set(alone) <= {codec, ""}
    assert alone.count(codec) / len(alone) > 0.9
    pages = [guess(*lines[at : at + 10]) for at in range(0, len(lines), 10)]
    assert set(pages) == {codec}


@pytest.mark.parametrize("codec", ["utf-8", "ascii"])
def test_utf_8_wins(codec: str) -> None:
    lines = [line.encode(codec, "ignore") for line in (*KOREAN, *CHINESE, *JAPANESE)]
    assert guess(*lines) == ""
    assert all(is_utf8(line) for line in lines)


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("Größe überschritten, Prüfung schlägt fehl", "latin-1"),
        ("échec de la connexion à la base de données, réessayé", "cp1252"),
        ("Ошибка подключения к базе данных, повтор через минуту", "cp1251"),
        ("ошибка подключения к базе данных", "koi8-r"),
        ("データベースに接続できません", "euc-jp"),
        ("資料庫連線失敗, 稍後重試", "big5"),
        ("오류", "cp949"),
        ("错误", "gb18030"),
    ],
)
def test_what_is_not_known_or_too_short_is_told_as_nothing(text: str, codec: str) -> None:
    assert guess(text.encode(codec)) == ""


def test_short_lines_add_up_and_certainty_stays() -> None:
    found = Guess()
    tries = [found.see(f"{number} 접속 오류\n".encode("cp949")) for number in range(12)]
    assert tries[0] == ""
    assert tries[-1] == "cp949"
    assert found.see("\n".join(CHINESE).encode("gb18030")) == "cp949"


def test_a_few_broken_bytes_do_not_hide_a_language() -> None:
    assert guess(b"\xff\xff\xfe broken", *[line.encode("cp949") for line in KOREAN], b"\x80\x80\x80") == "cp949"


@given(st.binary(max_size=400))
def test_random_bytes_are_hardly_ever_a_language_and_never_an_error(raw: bytes) -> None:
    assert guess(raw) in {"", "cp949", "gb18030", "cp932"}


def test_only_auto_is_looked_at() -> None:
    page = "\n".join(KOREAN).encode("cp949")
    assert Recogniser(find_encoding("auto")).see(page).other == "cp949"
    named = find_encoding("utf-8")
    assert Recogniser(named).see(page) == named
    settled = Recogniser(find_encoding("auto"))
    settled.see(page)
    assert settled.see("\n".join(CHINESE).encode("gbk")).other == "cp949"

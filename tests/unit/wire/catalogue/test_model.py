from __future__ import annotations

import pytest

from wire.catalogue import Catalogue, ErrorCode, Module, Texts


def _code(code: str, clears_by: str | None = None) -> ErrorCode:
    return ErrorCode(code=code, level=2, title=Texts(en=code), clears_by=clears_by)


CATALOGUE = Catalogue(
    product="clinic",
    version="1",
    modules=[
        Module(code="A", name=Texts(en="a"), errors=[_code("DOWN", "UP"), _code("SLOW", "UP"), _code("UP")]),
        Module(code="B", name=Texts(en="b"), errors=[_code("DOWN")]),
    ],
)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "printer"),
        ("ko", "프린터"),
        ("zh", "打印机"),
        ("zh-Hans", "打印机"),
        ("ko-KR", "프린터"),
        ("fr", "printer"),
        ("", "printer"),
    ],
)
def test_text_in_a_language(language: str, text: str) -> None:
    assert Texts(en="printer", ko="프린터", zh="打印机").in_language(language) == text


def test_english_where_a_text_is_missing() -> None:
    assert Texts(en="printer").in_language("ko") == "printer"


def test_codes_come_in_the_order_of_the_file() -> None:
    assert [(module.code, error.code) for module, error in CATALOGUE.codes()] == [
        ("A", "DOWN"),
        ("A", "SLOW"),
        ("A", "UP"),
        ("B", "DOWN"),
    ]


def test_a_code_belongs_to_its_module() -> None:
    found = CATALOGUE.find("A", "DOWN")
    assert found is not None
    assert found.clears_by == "UP"
    other = CATALOGUE.find("B", "DOWN")
    assert other is not None
    assert other.clears_by is None
    assert CATALOGUE.find("B", "UP") is None


def test_what_a_signal_clears() -> None:
    assert CATALOGUE.cleared_by("A", "UP") == ["DOWN", "SLOW"]
    assert CATALOGUE.cleared_by("B", "UP") == []
    assert CATALOGUE.cleared_by("A", "DOWN") == []

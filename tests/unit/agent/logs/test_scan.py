from __future__ import annotations

import pytest

from agent.logs.scan import Scanner
from wire.catalogue.model import Catalogue, ErrorCode, Module, Pattern, Texts


def scanner(*codes: tuple[str, list[Pattern]]) -> Scanner:
    errors = [ErrorCode(code=code, level=2, title=Texts(en="x"), match=match) for code, match in codes]
    return Scanner(Catalogue(product="p", version="1", modules=[Module(code="M", name=Texts(en="m"), errors=errors)]))


def regex(text: str) -> Pattern:
    return Pattern(regex=text)


ORDERED = scanner(
    ("SPECIAL", [regex(r"timeout of (?P<what>ward) (?P<number>\d+)")]),
    ("GENERAL", [regex(r"timeout of (?P<what>\w+)(?: after (?P<seconds>\d+) s)?"), Pattern(literal="시간 초과")]),
    ("DIGITS", [regex(r"^\d+$")]),
)

TABLE = [
    ("timeout of ward 7", "SPECIAL", {"what": "ward", "number": "7"}),
    ("timeout of ward", "GENERAL", {"what": "ward"}),
    ("timeout of lab after 30 s", "GENERAL", {"what": "lab", "seconds": "30"}),
    ("서버 시간 초과", "GENERAL", {}),
    ("123", "DIGITS", {}),
    ("１２３", None, {}),  # noqa: RUF001  # full-width digits are no digits: patterns are ASCII
    ("TIMEOUT OF ward", None, {}),  # case matters
    ("", None, {}),
]


@pytest.mark.parametrize(("line", "code", "fields"), TABLE)
def test_first_code_in_the_catalogue_wins(line: str, code: str | None, fields: dict[str, str]) -> None:
    found = ORDERED.find([line])
    assert (found.code.error.code if found else None) == code
    assert (found.fields if found else {}) == fields


def test_the_order_of_codes_stands_above_the_order_of_lines() -> None:
    found = ORDERED.find(["timeout of lab", "at x", "timeout of ward 7"])
    assert found
    assert found.code.error.code == "SPECIAL"


def test_the_order_of_alternatives_stands_above_the_order_of_lines() -> None:
    found = scanner(("A", [regex(r"id=(?P<id>\d+)"), Pattern(literal="failed")])).find(["it failed", "id=7"])
    assert found
    assert found.fields == {"id": "7"}


def test_only_lines_with_an_anchor_are_nominated() -> None:
    engine = scanner(("A", [Pattern(literal="overheated")]))
    assert engine.nominate(["all is well", "it overheated", "heated"]) == {1: {0}}


def test_an_anchor_that_begins_another_stands_for_it() -> None:
    engine = scanner(("A", [Pattern(literal="abc")]), ("B", [Pattern(literal="abcab")]))
    assert engine.nominate(["xabcab", "abcx"]) == {0: {0, 1}, 1: {0, 1}}


def test_a_pattern_without_literal_is_tried_on_every_line() -> None:
    engine = scanner(("A", [regex(r"\d{3}")]), ("B", [Pattern(literal="overheated")]))
    assert engine.nominate(["x", "overheated"]) == {0: {0}, 1: {0, 1}}


def test_a_code_without_patterns_is_never_found() -> None:
    engine = scanner(("A", []))
    assert engine.nominate(["anything"]) == {}
    assert engine.find(["anything"]) is None


def test_nothing_to_scan() -> None:
    assert ORDERED.find([]) is None
    assert ORDERED.nominate([]) == {}

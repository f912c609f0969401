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


def ranks(engine: Scanner, *lines: str) -> dict[str, list[int]]:
    """What is nominated, by line."""
    text = "".join(f"{line}\n" for line in lines).encode()
    return {text[at:stop].decode(): sorted(set(ranks)) for at, stop, ranks in engine.hits(text)}


def test_only_lines_that_hold_its_text_are_nominated() -> None:
    engine = scanner(("A", [Pattern(literal="overheated")]))
    assert ranks(engine, "all is well", "it overheated", "heated") == {"it overheated": [0]}


def test_texts_that_begin_each_other_are_all_nominated() -> None:
    engine = scanner(("A", [Pattern(literal="abc")]), ("B", [Pattern(literal="abcab")]))
    assert ranks(engine, "xabcab", "abcx") == {"xabcab": [0, 1], "abcx": [0]}


def test_a_code_without_patterns_is_never_found() -> None:
    engine = scanner(("A", []))
    assert ranks(engine, "anything") == {}
    assert engine.find(["anything"]) is None


def test_a_pattern_that_may_match_nothing_is_tried_on_every_line_and_says_so() -> None:
    engine = scanner(("A", [regex(r"x?")]), ("B", [regex(r"[0-9]{3}")]))
    assert [code.error.code for code in engine.unaided()] == ["A"]
    assert ranks(engine, "", "7") == {"": [0], "7": [0]}


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("2026-11-24 ERROR disk", "ERROR"),
        ("[error] upstream", "error"),
        ("level=fatal", "fatal"),
        ("java.lang.NullPointerException: x", "Exception"),
        ("저장 실패", "실패"),
        ("收费错误", "错误"),
        ("no terrors here", None),
        ("TERRORS", None),
        ("all well", None),
    ],
)
def test_the_words_of_severity(line: str, word: str | None) -> None:
    assert ORDERED.severity_of(line) == word
    (hit,) = ORDERED.hits(f"{line}\n".encode()) if word else [None]
    assert hit is None or ORDERED.severity_rank in hit.ranks


def test_severity_is_no_code() -> None:
    assert ORDERED.find(["ERROR of another kind"]) is None
    found = ORDERED.find(["ERROR timeout of lab"])
    assert found
    assert found.code.error.code == "GENERAL"


def test_nothing_to_scan() -> None:
    assert ORDERED.find([]) is None
    assert list(ORDERED.hits(b"")) == []

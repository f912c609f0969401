"""Suggested patterns find exactly the lines of their template, whatever stands beside them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.logs.templates import template_of
from deploy.desk.catalogue_check import check_samples
from deploy.desk.catalogues.matching import Codes
from deploy.desk.catalogues.suggesting import TEXT_CHARS, Unknown, draft_catalogue, draft_codes, next_codes
from deploy.desk.catalogues.writing import write_catalogue
from wire.catalogue import Catalogue, read_catalogue
from wire.fingerprint import OVERFLOW

WORDS = st.sampled_from(
    ["ERROR", "order", "failed:", "user", "from", "for", "(retry)", "[MY-010914]", "ORA-01555:", "처방", "실패", "错误",
     "a.b.c.PdfException:", "C++", "50%", "=>", "can't", "user=kim", "x=", "$HOME", "\\d+", "never"]
)  # fmt: skip
VALUES = st.one_of(
    st.integers(0, 99_999).map(str),
    st.sampled_from(
        ["10.0.0.7", "/var/log/a.log", '"ward 7"', "0x1f", "node-12", "b5e1c2d4-00aa", "https://x.kr/a?b=1"]
    ),
    st.sampled_from(["'a b'", "3건", "12ms", "fe80::1:2:3", "db.example.com"]),
)
HEADS = st.sampled_from(["", "2026-11-24 10:00:00 ", "Nov 24 10:00:00 his01 app[17]: ", "[2026/11/24 10:00:00] "])
LINES = st.builds(
    lambda head, parts: head + " ".join(parts), HEADS, st.lists(st.one_of(WORDS, VALUES), min_size=2, max_size=7)
)


def drafted(lines: list[str]) -> Catalogue:
    samples = {template_of(line): line for line in reversed(lines)}
    unknowns = [Unknown(template, sample) for template, sample in samples.items()]
    return draft_catalogue(None, draft_codes(unknowns, [], "NEW"), product="p", module="NEW")


@given(st.lists(LINES, min_size=1, max_size=12))
def test_each_line_gets_the_code_of_its_template_and_no_other(lines: list[str]) -> None:
    lines = [line for line in lines if template_of(line)]
    if not lines:
        return
    catalogue, _ = read_catalogue(write_catalogue(drafted(lines)))
    count, wrong = check_samples(catalogue)
    assert not wrong
    assert count == len({template_of(line) for line in lines})
    codes_of = Codes(catalogue)
    codes: dict[str, str] = {}
    for line in lines:
        hit = codes_of.find(line)
        assert hit is not None, line
        assert codes.setdefault(template_of(line), hit.code.error.code) == hit.code.error.code
    assert len(set(codes.values())) == len(codes)


def test_numbers_go_on_in_the_scheme_of_the_module() -> None:
    assert next_codes(["PG-53100", "PG-53200"], "RES", 1) == ["PG-53201"]
    assert next_codes(["BIL-009", "BIL-RDY", "X-1"], "BIL", 2) == ["BIL-010", "BIL-011"]
    assert next_codes([], "LAB", 2) == ["LAB-0001", "LAB-0002"]


def test_what_tells_nothing_is_not_suggested() -> None:
    assert draft_codes([Unknown(OVERFLOW, "", 9), Unknown(" ")], [], "NEW").errors == []


def test_a_line_that_stayed_on_the_host_gives_an_entry_without_a_sample() -> None:
    (error,) = draft_codes([Unknown("no bill <*>")], [], "NEW").errors
    assert error.samples == []


@pytest.mark.parametrize("length", [TEXT_CHARS + 1, 4_000])
def test_a_long_line_is_found_by_its_first_words(length: int) -> None:
    line = "ERROR " + "word 17 " * (length // 8)
    (error,) = drafted([line]).modules[0].errors
    (sample,) = error.samples
    assert len(sample) <= TEXT_CHARS
    assert Codes(drafted([line])).find(line) is not None


def test_of_a_record_the_telling_line_is_the_sample() -> None:
    trace = "Traceback (most recent call last):\n  File 'x'\nKeyError: 17"
    (error,) = draft_codes([Unknown(template_of(trace), trace)], [], "NEW").errors
    assert error.samples == ["KeyError: 17"]

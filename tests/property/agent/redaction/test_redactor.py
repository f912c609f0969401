"""Any text at all: never throws, twice is as once, lines keep their number, planted values are gone anywhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.redaction.prefilter import PREFILTER
from agent.redaction.redactor import PASSES, Redactor, _replaced
from agent.settings.redaction import CustomerPattern, RedactionSettings
from tests.fakes.personal_lines import NUMBERS, SPELLINGS, Writer

MRN = CustomerPattern(name="MRN", regex="[0-9]{8}", keys=["mrn"])
REDACTOR = Redactor(RedactionSettings(email=True, patterns=[MRN]), b"k" * 32)

ANYTHING = st.text(st.characters(codec=None, exclude_categories=[]), max_size=200)
WORDS = (
    *(
        "password",
        "passwd",
        "token",
        "=",
        ":",
        '"',
        "'",
        "\\",
        '\\"',
        "\\u0031",
        "%31",
        "%2531",
        "&#49;",
        "900101",
        "-",
    ),
    *(
        "1234568",
        "010",
        "2345",
        "6789",
        "\uff10",
        "authorization",
        "Basic ",
        "Digest ",
        "cookie: a=b",
        "eyJhbGciOi",
        ".",
    ),
    *("[SECRET#abcdefghij]", "[", "]", ")", ",", ";", "x", "@his.example", "://", "@", "mrn", "4111111111111111"),
    *("\udc80", " …", "<password>", "</", "--pwd ", "비밀번호는 ", " ", "\n", "A" * 63 + "b1"),
    *("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"),
)
PIECES = st.sampled_from(WORDS)
MIXED = st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=25).map("".join)
TEXTS = st.one_of(ANYTHING, MIXED)


@given(TEXTS)
def test_twice_is_as_once_and_nothing_throws(text: str) -> None:
    once = REDACTOR.redact(text)
    assert REDACTOR.redact(once) == once


@given(st.lists(TEXTS.map(lambda text: text.replace("\n", " ")), max_size=8))
def test_lines_keep_their_number(lines: list[str]) -> None:
    redacted = REDACTOR.redact_lines(lines)
    assert len(redacted) == len(lines)
    assert REDACTOR.redact_lines(redacted) == redacted


@given(TEXTS)
def test_findings_are_in_order_apart_and_inside(text: str) -> None:
    findings = REDACTOR.explain(text)
    edges = [edge for finding in findings for edge in (finding.start, finding.end)]
    assert edges == sorted(edges)
    assert all(finding.start < finding.end <= len(text) for finding in findings)


@given(TEXTS)
def test_what_the_builtin_detectors_find_passes_the_prefilter(text: str) -> None:
    builtin = Redactor(RedactionSettings(email=True), b"k" * 32)
    found = [finding for finding in builtin.explain(text) if finding.detector != "cut"]
    assert not found or PREFILTER.search(text)


@given(st.integers(0, 10**9), st.sampled_from(NUMBERS), st.sampled_from(sorted(SPELLINGS)), TEXTS, TEXTS)
def test_a_planted_number_is_gone_between_any_words(seed: int, kind: str, name: str, before: str, after: str) -> None:
    if kind.endswith("_line") and name == "spaced":
        return
    _, forms = getattr(Writer(seed), kind)()
    written = SPELLINGS[name](forms[seed % len(forms)])
    assert written not in REDACTOR.redact(f"{before} | {written} | {after}")


PLAIN = Redactor(RedactionSettings(email=True), b"k" * 32)
CUT = ("GET /a 200", "started", "a phone 010-", "2345-6789 is", "<password a='1'", "x>")
LINES = st.lists(st.one_of(MIXED, st.sampled_from(CUT)), min_size=2, max_size=8)


@given(LINES)
def test_lines_looked_at_one_by_one_lose_what_the_whole_would_lose(lines: list[str]) -> None:
    whole = lines
    for _ in range(PASSES):
        whole = _replaced(whole, PLAIN.explain("\n".join(whole)))
    for _ in range(2):  # at the second time of each line it is remembered what is in it
        assert PLAIN.redact_lines(lines) == whole

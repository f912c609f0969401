from __future__ import annotations

import re
import warnings

import pytest

from wire.catalogue.dialect import compile_pattern, find_problem, find_risk, group_names

INSIDE = [
    "ERROR",
    r"^\[(?P<when>\d{4}-\d\d-\d\d)\] (?P<q>\w+) failed$",
    r"(?:a|b)+?c*",
    r"[^\s\]]{1,99}",
    r"\bfoo\b.*bar",
    r"\x41é한\.",
    *(f"a{{{low},{low + extra}}}" for low in range(45) for extra in (0, 1, 7)),  # numbers that opcodes have too
    r"a{99999}",
    r"(a)(b)(?P<c>d)",
    r"[a\]b]",
    r"\Astart\Z",
    "(a)" * 60,
    "(" * 40 + "a" + ")" * 40,
]
OUTSIDE = [
    (r"(?=a)", "look-around"),
    (r"(?!a)", "look-around"),
    (r"(?<=a)b", "look-around"),
    (r"(?<!a)b", "look-around"),
    (r"(?:x(?=a))+", "look-around"),
    (r"a|(b(?!c))", "look-around"),
    (r"(a)\1", "back-references"),
    (r"(?P<a>x)(?P=a)", "back-references"),
    (r"(a)?(?(1)b|c)", "conditional"),
    (r"(?>a+)b", "atomic"),
    (r"a++b", "possessive"),
    (r"a*+", "possessive"),
    (r"a{1,2}+b", "possessive"),
    (r"(?i)a", "inline flags"),
    (r"(?i:a)", "inline flags"),
    (r"(?s-i:a)", "inline flags"),
    (r"(?u)a", "not a regular expression"),
    (r"(?x) a", "inline flags"),
    (r"(?m:^a)", "inline flags"),
    (r"[[:alpha:]]", "class inside a class"),
    (r"[a--b]", "class inside a class"),
    (r"[a||b]", "class inside a class"),
    (r"(", "not a regular expression"),
    (r"[", "not a regular expression"),
    (r"*a", "not a regular expression"),
    (r"a{2,1}", "not a regular expression"),
    (r"a{99999999999}", "not a regular expression"),
    (r"(?P<a>x)(?P<a>y)", "not a regular expression"),
    (r"(?P<1>x)", "not a regular expression"),
    ("\\", "not a regular expression"),
    (r"\g", "not a regular expression"),
    (r"(?z)", "not a regular expression"),
    (r"\N{NO SUCH LETTER}", "not a regular expression"),
    ("(" * 1_999 + ")" * 1_999, "nested too deeply"),
]


@pytest.mark.parametrize("regex", INSIDE)
def test_patterns_of_the_dialect(regex: str) -> None:
    assert find_problem(regex) is None
    compile_pattern(regex)


@pytest.mark.parametrize(("regex", "said"), OUTSIDE)
def test_patterns_outside_the_dialect(regex: str, said: str) -> None:
    problem = find_problem(regex)
    assert problem is not None
    assert said in str(problem)


def test_a_doubtful_pattern_warns_nobody_but_us() -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        find_problem("[[:alpha:]]")
    assert heard == []


def test_classes_are_ascii_and_case_counts() -> None:
    assert not compile_pattern(r"\d").search("٣３")
    assert not compile_pattern(r"\w").search("한")
    assert not compile_pattern("error").search("ERROR")
    assert compile_pattern("한").search("한글")


def test_named_groups() -> None:
    assert group_names(r"(?P<queue>\w+) (\d+) (?P<ward>\w)") == {"queue", "ward"}


@pytest.mark.parametrize("regex", ["", "a*", ".*", "^", "$", "(a|)", r"\b|"])
def test_a_pattern_that_matches_every_line_is_risky(regex: str) -> None:
    assert "every line" in str(find_risk(regex))


@pytest.mark.parametrize("regex", [r"(a+)+b", r"(?:\w+\s*)+$", r"x((a|b)*c)*", r"(a{2,}){3,}z", r"(?:(?:ab+)?c)*d"])
def test_a_repeat_in_a_repeat_is_risky(regex: str) -> None:
    assert "very long" in str(find_risk(regex))


@pytest.mark.parametrize("regex", [r"a+b+", r"(a+b)", r"(a{1,9}){1,9}b", r"(?:a|b)+c", r"ERROR .* failed"])
def test_patterns_without_a_risk(regex: str) -> None:
    assert find_risk(regex) is None


def test_what_is_refused_here_is_what_python_cannot_read() -> None:
    for regex, said in OUTSIDE:
        if said == "not a regular expression":
            with pytest.raises((re.error, OverflowError, ValueError)):
                re.compile(regex, re.ASCII)

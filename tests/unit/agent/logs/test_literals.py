from __future__ import annotations

import pytest

from agent.logs.literals import required_literals

TABLE = [
    (r"disk full", {"disk full"}),
    (r"^ERROR: (?P<what>\w+) failed$", {"ERROR: "}),
    (r"a(?:bc)+d", {"abc"}),  # the first round follows `a`; the last precedes `d`
    (r"x(?:bcde)+d", {"xbcde"}),
    (r"(?:ab){3}", {"ababab"}),
    (r"colou?r of", {"colo"}),
    (r"(?:abc)*def", {"def"}),
    (r"(?:abc)?", set()),
    (r"timeout|refused", {"timeout", "refused"}),
    (r"timeout|\d+", set()),
    (r"(?:timeout|refused) by peer", {" by peer"}),
    (r"(?:disconnected|interrupted) a", {"disconnected", "interrupted"}),
    (r"[Ee]rror", {"rror"}),
    (r"[Ee]", set()),
    (r"a.b", {"a"}),
    (r"[^a]bc", {"bc"}),
    (r"\d{4}-\d\d", {"-"}),
    (r"\bword\b end", {"word end"}),
    (r"수납 (?P<code>\d+) 오류가", {" 오류가"}),
    (r"\.\*\[", {".*["}),
    (r"(?:)", set()),
    (r"a{0}b", {"b"}),
    (r"a{1000000}bcd", {"abcd"}),
]


@pytest.mark.parametrize(("regex", "expected"), TABLE)
def test_what_a_match_must_contain(regex: str, expected: set[str]) -> None:
    found = required_literals(regex)
    if "1000000" in regex:
        assert found <= {"bcd", "abcd"}
        assert found
    else:
        assert found == expected


def test_many_alternatives_are_given_up() -> None:
    assert required_literals("|".join(f"error{n}x" for n in range(10, 74)))
    assert not required_literals("|".join(f"{a}{b}{c}" for a in "abcde" for b in "fghij" for c in "klmno"))

from __future__ import annotations

import re

import pytest

from agent.logs.scanner.bytes_pattern import nominating_pattern

TABLE = [
    (r"disk full", r"disk\x20full"),
    (r"^\s*error\b", r"^[\x09\x0b-\x0d\x20]*error\b"),
    (r"a.c", r"a[^\x0a]{1,4}c"),
    (r"a.*c", r"a[^\x0a]*c"),
    (r"a[^x]+c", r"a[\x00-\x09\x0b-wy-\x7f\x80-\xff]+c"),
    (r"a[가-힣]c", r"a[\x80-\xff]{2,4}c"),
    (r"a[가b]?c", r"a[b\x80-\xff]{0,4}c"),
    (r"a\Bc", "ac"),
    (r"x$", r"x(?:\x0d)?$"),
    (r"a{500}b", "ab"[:0] + "a{500}b"),
    (r"ms\d+", "ms[0-9]"),
    (r"(?P<n>\d+)(?: ms)?", "[0-9]"),
    (r"x?", None),
    (r"(?:)", None),
]


@pytest.mark.parametrize(("regex", "expected"), TABLE)
def test_the_pattern_for_bytes(regex: str, expected: str | None) -> None:
    if "500" in regex:  # a leading repeat keeps what it needs, and no bound beyond the limit
        found = nominating_pattern(regex)
        assert found
        assert re.search(found, "a" * 500 + "b")
    else:
        assert nominating_pattern(regex) == expected


def test_groups_and_names_are_gone() -> None:
    assert "?P" not in (nominating_pattern(r"(?P<a>x)(?P<b>y|z)+w") or "")

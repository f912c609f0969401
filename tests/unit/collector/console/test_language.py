from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.console.language import LANGUAGES, pick_language


@pytest.mark.parametrize(
    ("chosen", "accept", "expected"),
    [
        ("", "", "en"),
        ("", "ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("", "en;q=0.5, zh;q=0.9", "zh-Hans"),
        ("", "fr, de", "en"),
        ("", "zh-CN;q=0, ko;q=0.1", "ko"),
        ("", "ko;q=x, zh", "zh-Hans"),
        ("zh-Hans", "ko", "zh-Hans"),
        ("fr", "ko", "ko"),
    ],
)
def test_the_choice_then_the_browser_then_english(chosen: str, accept: str, expected: str) -> None:
    assert pick_language(chosen, accept) == expected


@given(st.text())
def test_no_header_breaks_it(accept: str) -> None:
    assert pick_language("", accept) in LANGUAGES

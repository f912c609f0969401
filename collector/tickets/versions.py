"""Which of two versions is the later one; pure.

The vendor's declared order counts where there is one. Otherwise numbers compare as numbers, and a word
after a number stands before the number alone: 2.3-rc1 is earlier than 2.3, 2.10 later than 2.9.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_PART = re.compile(r"\d+|[A-Za-z]+")
_END = (1, 0, "")  # between words, which come before it, and numbers, which come after it

Part = tuple[int, int, str]


def is_before(version: str, other: str, declared: Sequence[str] = ()) -> bool:
    """Whether `version` is earlier than `other`.

    >>> is_before("2.9", "2.10"), is_before("2.3-rc1", "2.3"), is_before("v2.3", "2.3.0")
    (True, True, False)
    """
    if version in declared and other in declared:
        return declared.index(version) < declared.index(other)
    return _key(version) < _key(other)


def _key(version: str) -> list[Part]:
    parts = [_part(text) for text in _PART.findall(version.lower().removeprefix("v"))]
    while parts and parts[-1] == (2, 0, ""):  # 2.3.0 is 2.3
        parts.pop()
    return [*parts, _END]


def _part(text: str) -> Part:
    return (2, int(text[:18]), "") if text.isdigit() else (0, 0, text)

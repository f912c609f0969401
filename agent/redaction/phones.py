"""Korean and Chinese telephone numbers, with and without the country's number.

Mobile numbers are found with and without separators; numbers of fixed lines only with them, because ten
bare digits are more often an order number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from agent.redaction.model import Confidence, Found, Gate

_GAP: Final = r"[) ._·-]{0,2}"
_SURE_GAP: Final = r"[) ._·-]{1,2}"
_BEFORE: Final = r"(?<![0-9])(?<![0-9]\.)"
_KOREAN: Final = re.compile(
    rf"{_BEFORE}(?:(?P<country>(?:\+|00)?82)[ ._-]?\(?0?\)?[ ._-]?|\(?0)"
    rf"(?:(?P<mobile>1[016-9]){_GAP}(?P<middle>[0-9]{{3,4}})[ ._·-]?"
    rf"|(?P<area>2|[3-6][1-5]|70|50[2-8]?){_SURE_GAP}(?P<exchange>[0-9]{{3,4}})[ ._·-])"
    r"(?P<last>[0-9]{4})(?![0-9])"
)
_CHINESE: Final = re.compile(
    rf"{_BEFORE}(?P<country>(?:\+|00)?86[ ._-]{{0,2}})?\(?"
    rf"(?:(?P<mobile>1(?:3[0-9]|4[014-9]|5[0-35-9]|6[2567]|7[0-8]|8[0-9]|9[0-35-9])){_GAP}"
    r"(?P<middle>[0-9]{4})[ ._-]?(?P<last>[0-9]{4})"
    r"|0?(?P<area>10|2[0-9]|[3-9][0-9]{2})\)?[ -](?P<line>[0-9]{7,8}|[0-9]{4}[ -][0-9]{4}))(?![0-9])"
)
_NOT_DIGIT: Final = re.compile(r"[^0-9]")
_HEX_WORD: Final = re.compile(r"0x[0-9a-fA-F]{8,}|[0-9a-fA-F]{16,}")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_REACH: Final = 64  # characters on each side in which a hash or UUID around the number can begin and end


class Phone:
    """Both countries; a number reads the same with +82, 0082, 82 or 0 before it."""

    name = "phone"
    gate = Gate.NUMBERS

    def find(self, text: str) -> Iterator[Found]:
        """Every number that somebody could call."""
        for match in _KOREAN.finditer(text):
            if match["area"] and match["country"] == "82":
                continue  # 82-2-... without a plus is more often a count
            value = "".join(match.group(name) or "" for name in ("mobile", "area", "middle", "exchange", "last"))
            yield from self._found(text, match, f"82{value}")
        for match in _CHINESE.finditer(text):
            if match["area"] and not _names_area(match):
                continue
            value = "".join(match.group(name) or "" for name in ("mobile", "area", "middle", "last", "line"))
            yield from self._found(text, match, f"86{_NOT_DIGIT.sub('', value)}")

    def _found(self, text: str, match: re.Match[str], value: str) -> Iterator[Found]:
        if is_inside_hash(text, match.start(), match.end()):
            return
        is_bare = match[0].isdigit()
        yield Found(
            match.start(), match.end(), "PHONE", value, Confidence.MEDIUM if is_bare else Confidence.HIGH, self.name
        )


def _names_area(match: re.Match[str]) -> bool:
    """A Chinese area needs its zero, or the country before it; 010 alone is Korean, though it may be Beijing."""
    return match["country"] is not None or (match["area"] != "10" and match[0].lstrip("(").startswith("0"))


def is_inside_hash(text: str, start: int, end: int) -> bool:
    """Whether the digits stand inside a long hexadecimal word or a UUID."""
    low, high = max(0, start - _REACH), end + _REACH
    for shape in (_HEX_WORD, _UUID):
        for word in shape.finditer(text, low, high):
            if word.start() <= start and end <= word.end() and not word[0].isdigit():
                return True
    return False

"""Numbers that a state gives to a person.

Korea: YYMMDD-Sdddddd, S saying century, sex and whether a foreigner (5-8). Numbers issued since October
2020 have no valid check digit, so the date decides and the check digit only raises the confidence.
China: 6 digits of the place, YYYYMMDD, 3 digits, a check character by ISO 7064 MOD 11-2, which decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from agent.redaction.model import Confidence, Found, Gate

_KOREAN: Final = re.compile(
    r"(?<![0-9])(?<![0-9]\.)([0-9]{2})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
    r"([ ./_-]{0,3}|-\r?\n[ \t]{0,8})([1-8])([0-9]{6})(?![0-9])"
)
_CHINESE: Final = re.compile(
    r"(?<![0-9])(?<![0-9]\.)([1-8][0-9]{5})[ _-]{0,3}((?:18|19|20)[0-9]{2})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
    r"[ _-]{0,3}([0-9]{3}[0-9Xx])(?![0-9])"
)
# A clock in milliseconds has 13 digits too, and reads as a date of birth from January 2027 on.
_CLOCK_BEFORE: Final = re.compile(r"(?i)(?:time|stamp|ts|epoch|millis|_at|ms)[\"']?\s{0,2}[:=]\s{0,2}[\"']?\Z")
_CLOCK_LOOK_CHARS: Final = 24
_WEIGHTS: Final = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_CHINESE_CHECKS: Final = "10X98765432"


class KoreanIdentity:
    """Resident registration numbers (RRN) and those of foreigners (ARC)."""

    name = "korean_id"
    gate = Gate.NUMBERS

    def find(self, text: str) -> Iterator[Found]:
        """Every number whose date exists."""
        for match in _KOREAN.finditer(text):
            year, month, day, gap, century, _ = match.groups()
            full_year = (1900 if century in "1256" else 2000) + int(year)
            if not _is_date(full_year, int(month), int(day)):
                continue
            value = "".join(match.group(1, 2, 3, 5, 6))
            is_sure = _korean_check_holds(value)
            if not gap and not is_sure and _is_clock(text, match.start()):
                continue
            confidence = Confidence.HIGH if is_sure else Confidence.MEDIUM
            label = "RRN" if century in "1234" else "ARC"
            yield Found(match.start(), match.end(), label, value, confidence, self.name)


class ChineseIdentity:
    """Resident identity numbers of 18 characters; the old ones of 15 digits have no check and are a documented miss."""

    name = "chinese_id"
    gate = Gate.NUMBERS

    def find(self, text: str) -> Iterator[Found]:
        """Every number whose date exists and whose check character is right."""
        for match in _CHINESE.finditer(text):
            place, year, month, day, rest = match.groups()
            value = f"{place}{year}{month}{day}{rest.upper()}"
            if _is_date(int(year), int(month), int(day)) and _chinese_check_holds(value):
                yield Found(match.start(), match.end(), "CNID", value, Confidence.HIGH, self.name)


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _is_clock(text: str, at: int) -> bool:
    return _CLOCK_BEFORE.search(text[max(0, at - _CLOCK_LOOK_CHARS) : at]) is not None


def _korean_check_holds(number: str) -> bool:
    base = 13 if number[6] in "5678" else 11
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=False))
    return (base - total % 11) % 10 == int(number[12])


def _chinese_check_holds(number: str) -> bool:
    total = sum(int(digit) * pow(2, 17 - at, 11) for at, digit in enumerate(number[:17]))
    return _CHINESE_CHECKS[total % 11] == number[17]

"""Payment cards: an issuer's first digits, 14 to 19 digits, and the Luhn sum, which decides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from agent.redaction.model import Confidence, Found, Gate
from agent.redaction.phones import is_inside_hash

_CARD: Final = re.compile(
    r"(?<![0-9])(?<![0-9]\.)(?:[0-9]{4}[ ._-]{1,2}[0-9]{4}[ ._-]{1,2}[0-9]{4}[ ._-]{1,2}[0-9]{2,4}(?:[ ._-][0-9]{1,3})?"
    r"|3[47][0-9]{2}[ ._-]{1,2}[0-9]{6}[ ._-]{1,2}[0-9]{5}|[2-69][0-9]{13,18})(?![0-9])"
)
_ISSUER: Final = re.compile(
    r"4(?:[0-9]{15}|[0-9]{18})|5[1-5][0-9]{14}|2(?:2[2-9]|[3-6][0-9]|7[01])[0-9]{13}|2720[0-9]{12}|3[47][0-9]{13}"
    r"|3(?:0[0-5]|[689][0-9])[0-9]{11}|35[0-9]{14}|6(?:011|5[0-9]{2}|4[4-9][0-9])[0-9]{12}|62[0-9]{14,17}|9[0-9]{15}"
)
_NOT_DIGIT: Final = re.compile(r"[^0-9]")
_NINE: Final = 9


class Card:
    """Payment cards."""

    name = "card"
    gate = Gate.NUMBERS

    def find(self, text: str) -> Iterator[Found]:
        """Every number that a terminal would take."""
        for match in _CARD.finditer(text):
            value = _NOT_DIGIT.sub("", match[0])
            if not _ISSUER.fullmatch(value) or not _luhn_holds(value):
                continue
            if not is_inside_hash(text, match.start(), match.end()):
                yield Found(match.start(), match.end(), "CARD", value, Confidence.HIGH, self.name)


def _luhn_holds(number: str) -> bool:
    doubled = (2 * int(digit) for digit in number[-2::-2])
    return (sum(int(digit) for digit in number[::-2]) + sum(n - _NINE if n > _NINE else n for n in doubled)) % 10 == 0

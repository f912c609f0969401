"""The customer's own patterns: medical record numbers, insurance numbers, whatever this site must hide.

A pattern with `keys` counts only behind one of these names (`환자번호: 00123456`, `"mrn":"00123456"`), so that
plain numbers elsewhere stay; without keys it counts everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from agent.redaction.model import Confidence, Found, Gate
from agent.redaction.tokens import TOKEN
from agent.settings.redaction import CustomerPattern

_BETWEEN: Final = re.compile(
    r"\\{0,8}[\"'\])]?[ \t]{0,8}(?:=>|:=|[:=#]|no\.?|번호|号|號|(?=[ \t(]))?[ \t(]{0,8}\\{0,8}[\"']?"
)


class Customer:
    """One pattern of the settings."""

    gate = Gate.ALWAYS

    def __init__(self, pattern: CustomerPattern) -> None:
        self.name = pattern.name
        self._label = pattern.name.upper()
        self._shape = re.compile(pattern.regex, re.ASCII)
        keys = "|".join(re.escape(key) for key in sorted(pattern.keys, key=len, reverse=True))
        self._keys = re.compile(keys, re.IGNORECASE) if keys else None

    def find(self, text: str) -> Iterator[Found]:
        """Every value of the pattern, behind its keys if it has some."""
        matches = self._behind_keys(text) if self._keys else self._shape.finditer(text)
        for match in matches:
            if match.end() > match.start() and not TOKEN.search(match[0]):
                yield Found(match.start(), match.end(), self._label, match[0], Confidence.HIGH, self.name)

    def _behind_keys(self, text: str) -> Iterator[re.Match[str]]:
        if self._keys is None:
            return
        for key in self._keys.finditer(text):
            between = _BETWEEN.match(text, key.end())
            match = self._shape.match(text, between.end() if between else key.end())
            if match:
                yield match

"""E-mail addresses, off unless the settings ask for it: many products name their users so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from agent.redaction.model import Confidence, Found, Gate

_ADDRESS: Final = re.compile(r"(?<![\w.%+-])[\w.%+-]{1,64}@(?:[\w](?:[\w-]{0,62}[\w])?\.){1,8}[^\W\d_]{2,24}(?![\w-])")


class Email:
    """Addresses with a domain."""

    name = "email"
    gate = Gate.ALWAYS

    def find(self, text: str) -> Iterator[Found]:
        """Every address."""
        if "@" in text:
            for match in _ADDRESS.finditer(text):
                yield Found(match.start(), match.end(), "EMAIL", match[0].lower(), Confidence.HIGH, self.name)

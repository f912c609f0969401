"""Numbers that were cut in half: a text that had to be shortened ends in the mark of the cut.

What is left of a number before the mark may be most of it, and no detector knows it any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from agent.redaction.model import Confidence, Found, Gate

CUT_MARK: Final = " …"  # as agent.logs writes it
_HALF: Final = re.compile(rf"[0-9][0-9 .()_-]{{4,40}}(?={CUT_MARK}(?:\n|\Z))")


class Cut:
    """Half numbers."""

    name = "cut"
    gate = Gate.ALWAYS

    def find(self, text: str) -> Iterator[Found]:
        """Every run of digits right before a cut."""
        if CUT_MARK in text:
            for match in _HALF.finditer(text):
                yield Found(match.start(), match.end(), "CUT", match[0], Confidence.MEDIUM, self.name)

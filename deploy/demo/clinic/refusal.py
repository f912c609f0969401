"""A request that the application understood and could not serve."""

from __future__ import annotations


class Refused(Exception):
    """Answered with `status` (an HTTP status) and `words`; already logged where it happened."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words

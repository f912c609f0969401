"""What the gate asks beside the product itself."""

from __future__ import annotations

from typing import Protocol


class ErrorCounts(Protocol):
    """Known errors of the product on this host, as the agent counts them."""

    def during(self, seconds: float) -> int | None:
        """How many there were in the newest so many seconds; None when nobody counts, or not for so long."""

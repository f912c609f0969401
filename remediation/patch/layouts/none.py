"""A patch without files: steps on databases only."""

from __future__ import annotations

from remediation.patch.layouts.port import Payload


class NoFiles:
    """Nothing to exchange: whatever is asked is done already."""

    def check(self) -> None:
        """Nothing can differ."""

    def stage(self, payload: Payload) -> None:
        """Nothing is written."""

    def recheck(self) -> None:
        """Nothing can have changed."""

    def abandon(self) -> None:
        """Nothing was written."""

    def switch(self) -> None:
        """Nothing takes a place."""

    def switch_back(self) -> None:
        """Nothing took a place."""

    def is_new(self) -> bool:
        """No file is old."""
        return True

    def is_old(self) -> bool:
        """No file is new."""
        return True

    def tidy(self) -> None:
        """Nothing is left over."""

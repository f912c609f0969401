"""Waiting on a condition with a deadline; reads the clock for the lab."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

EACH_S: Final = 0.02


def wait_until(condition: Callable[[], object], what: str, most_s: float) -> None:
    """Poll until it holds; AssertionError at the deadline."""
    end = time.monotonic() + most_s
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not in {most_s} s: {what}")
        time.sleep(EACH_S)

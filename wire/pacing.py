"""Where in its interval an agent reports, pure: both sides know it, and neither has to ask the other."""

from __future__ import annotations

import hashlib


def phase_s(agent: str, interval_s: float) -> float:
    """Seconds into the interval: fixed for the agent, spread over the fleet.

    >>> 0 <= phase_s("a1", 60.0) < 60
    True
    """
    digest = hashlib.sha256(agent.encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48 * interval_s  # 48 bits: the quotient stays below 1

"""What people hold back for a time: one fault, a code at one site or everywhere, a whole site; pure.

A silence always ends. While it lasts, what it covers is counted and visible, and opens nothing.
"""

from __future__ import annotations

from datetime import datetime

from collector.tickets.desk.model import Fleet, Silence
from collector.tickets.desk.port import About


def covers(silence: Silence, about: About) -> bool:
    """Whether the silence means this fingerprint."""
    asked = (silence.key, silence.site, silence.module, silence.code)
    has = (about.key, about.site, about.module, about.code)
    return any(asked) and all(wanted in ("", found) for wanted, found in zip(asked, has, strict=True))


def is_silenced(fleet: Fleet, about: About, at: datetime) -> bool:
    """Whether a person holds it back at this instant."""
    return any(at < silence.until and covers(silence, about) for silence in fleet.silences)


def fleet_due(fleet: Fleet) -> datetime | None:
    """When the next silence ends."""
    return min((silence.until for silence in fleet.silences), default=None)

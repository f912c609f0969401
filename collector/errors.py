"""Errors of the collector, named for what the caller does next.

CollectorError             carries a sentence for a person
├── StoreRefused           the database or the state directory cannot be used: say so and stop
├── ListenerRefused        a listener cannot be opened as the settings ask: say so and stop
├── SiteRefused            a site, token or agent cannot be made or changed: say so, change nothing
├── TicketRefused          an action on a ticket is not possible now: say so, change nothing
├── UnknownRefused         a decision about an unknown error is not possible now: say so, change nothing
└── StoreUnavailable       the database cannot write now: try again later
    ├── StoreBusy          the write lock did not come in time
    └── StoreFull          the disk under it is full
"""

from __future__ import annotations

from wire.sentence import Sentence


class CollectorError(Exception):
    """Root of everything the collector raises on purpose."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


class StoreRefused(CollectorError):
    """The database or the state directory cannot be used as it is; nothing was changed."""


class ListenerRefused(CollectorError):
    """A listener cannot be opened as the settings ask."""


class SiteRefused(CollectorError):
    """A site, a token or an agent cannot be made or changed so."""


class TicketRefused(CollectorError):
    """An action on a ticket is unknown, not allowed in its status, or lacks something."""


class UnknownRefused(CollectorError):
    """A decision about an unknown error is not allowed in its state, or lacks something."""


class StoreUnavailable(CollectorError):
    """The database cannot write now; nothing of the transaction remains. Retry later."""


class StoreBusy(StoreUnavailable):
    """Somebody else held the write lock for too long."""


class StoreFull(StoreUnavailable):
    """There is no room on the disk of the database."""

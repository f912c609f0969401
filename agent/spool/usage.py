"""How much the spool holds, and where its limits stand, pure.

Sizes are bytes of records and bodies plus `ROW_BYTES` for each row. The limits are shares of
`max_bytes`: below the first one logs are taken, below the second one what the agent itself has to
say (health, faults of the host, gaps, inventory). The rest covers what the file needs besides.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

ROW_BYTES: Final = 200  # a row's own columns, its index entries and its share of half-empty pages
LOG_SHARE: Final = 0.70
CONTROL_SHARE: Final = 0.80
HEALTH_ROWS: Final = 1_440  # a day of one sample a minute; then the older ones are thinned
HEALTH_KEPT_ROWS: Final = 1_080  # what thinning leaves: more than a week of one in a quarter of an hour
UNKNOWN_ROWS: Final = 500  # templates that wait; the rest is counted in one row a product
GAP_ROWS: Final = 100  # from here on gaps of one cause and source become one
PARKED_ROWS: Final = 1_000


@dataclass(frozen=True)
class Usage:
    """Rows and bytes by what they are; `sealed_records` are in batches that are not acked.

    `taken_events` and `taken_bytes` only grow: new event rows and bytes of records since the file was opened.
    """

    waiting_rows: int = 0
    waiting_bytes: int = 0
    health_rows: int = 0
    gap_rows: int = 0
    unknown_rows: int = 0
    sealed_records: int = 0
    sealed_bytes: int = 0
    kept_bytes: int = 0
    taken_events: int = field(default=0, compare=False)
    taken_bytes: int = field(default=0, compare=False)

    @property
    def total_bytes(self) -> int:
        """Everything that the spool holds."""
        return self.waiting_bytes + self.sealed_bytes + self.kept_bytes

    def plus(self, **changes: int) -> Usage:
        """The usage with each named number raised by its value."""
        return replace(self, **{name: getattr(self, name) + value for name, value in changes.items()})


def room_bytes(max_bytes: int, *, control: bool) -> int:
    """How many bytes may be in use after a deposit."""
    return int(max_bytes * (CONTROL_SHARE if control else LOG_SHARE))

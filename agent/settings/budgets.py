"""What the agent may take from its host; owned by the customer's administrator.

An allowance is of one hour and fills again evenly, so that a burst is borrowed from the hour that follows.
`null` sets no limit. When an allowance runs out the agent reports less, step by step (agent/budgets).
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

CorePercent = Annotated[float, Meta(gt=0, le=100_000)]
Hourly = Annotated[int, Meta(ge=100, le=2**40)]


class BudgetSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The section `budgets:`. 0.5 % of one core is 18 s of processor time an hour."""

    cpu_percent: CorePercent | None = 0.5  # of one core, averaged over an hour
    bytes_per_hour: Hourly | None = 20_000_000  # of records before they are packed, which makes them a fifth or less
    events_per_hour: Hourly | None = 36_000  # after equal ones were folded

"""When what waits should leave, pure: times are seconds of a monotonic clock.

*Due* says when a batch is made of it; *urgent* says that somebody may be waiting for it, so that it does not
keep to the turn of the first report after a start.

A fault that was not seen in the last minute, a health sample and an inventory leave at once; all
else within a second, so that a burst travels as a few folded events. Unknown errors wait half a minute for
company, unless something else goes before.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from agent.spool.port import Deposit

LINGER_S: Final = 1.0
UNKNOWN_LINGER_S: Final = 30.0
SEEN_S: Final = 60.0  # a fault that comes again after so long travels at once again
SEEN_KEYS: Final = 10_000


class Urgency:
    """Remembers which faults were seen lately, and the earliest time at which something is due."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, float] = OrderedDict()
        self.due_at: float | None = None
        self.is_urgent = False

    def note_deposit(self, deposit: Deposit, keys: Sequence[str], *, now: float) -> None:
        """A deposit was stored under these fold keys."""
        at_once = bool(deposit.health or deposit.inventory or deposit.proofs or deposit.evidence or deposit.ending)
        self.note(
            keys,
            at_once=at_once,
            anything=bool(deposit.gaps),
            now=now,
            unknowns=bool(deposit.unknowns),
            urgent=bool(deposit.proofs),
        )

    def note(
        self,
        keys: Sequence[str],
        *,
        at_once: bool,
        anything: bool,
        now: float,
        unknowns: bool = False,
        urgent: bool = False,
    ) -> None:
        """A deposit with these fold keys was stored; `anything` and `unknowns` say what it left to send.

        A fault that was not seen lately is urgent whatever `urgent` says of the rest.
        """
        is_new = self._is_new(keys, now)
        self.is_urgent = self.is_urgent or is_new or urgent
        if is_new or at_once:
            self.due_at = now
        elif keys or anything:
            self._be_due(now + LINGER_S)
        elif unknowns:
            self._be_due(now + UNKNOWN_LINGER_S)

    def _be_due(self, at: float) -> None:
        self.due_at = at if self.due_at is None else min(self.due_at, at)

    def _is_new(self, keys: Sequence[str], now: float) -> bool:
        is_new = False
        for key in keys:
            seen = self._seen.pop(key, None)
            is_new = is_new or seen is None or now - seen > SEEN_S
            self._seen[key] = now
        while len(self._seen) > SEEN_KEYS:
            self._seen.popitem(last=False)
        return is_new

"""Which faults this process has written lately: another event of one may wait for others to share a commit.

A fault that is not here is new, or was not seen for long: somebody waits for its ticket, so it is written at once.
What is kept is a number for each fault, so that a wrong guess is possible and costs the writer's linger at most.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from wire.messages import Event, Record, Status
from wire.proofs import AuditMark, PatchProgress, Result

FAULTS = 50_000  # the ones that were written last


class Familiar:
    """Not safe to share between threads: the caller has a lock."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, None] = OrderedDict()

    def knows(self, site: str, records: Iterable[tuple[int, Record]]) -> bool:
        """Whether all that these tell of is known: no result, nothing that clears, no other fault."""
        return all(self._is_old(site, record) for _, record in records)

    def learn(self, site: str, records: Iterable[tuple[int, Record]]) -> None:
        """These were written."""
        for _, record in records:
            if isinstance(record, Event) and record.status is Status.FIRING:
                key = _key(site, record)
                self._known[key] = None
                self._known.move_to_end(key)
        while len(self._known) > FAULTS:
            self._known.popitem(last=False)

    def _is_old(self, site: str, record: Record) -> bool:
        if isinstance(record, Event):
            return record.status is Status.FIRING and _key(site, record) in self._known
        return not isinstance(record, Result | PatchProgress | AuditMark)


def _key(site: str, event: Event) -> int:
    """A number of everything that can make it another fault, or a worse one."""
    identity = frozenset(event.identity.items())
    return hash((site, event.product, event.module, event.code, event.level, identity))

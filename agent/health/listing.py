"""Lists of software as differences, pure.

What was sent last is kept beside the spool; the difference to it is cut into pieces that each fit a
record, every piece on the one before. Without anything kept, and once a week, a list starts anew, so that
two sides that disagree (a collector that was restored, a file that was lost) agree again by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Final

import msgspec

from wire.fingerprint import software_digest
from wire.limits import FIELD_CHARS, NAME_CHARS, SOFTWARE
from wire.messages import InventoryDiff, SoftwareKind

ANEW_S: Final = 7 * 86_400.0
ENTRIES: Final = 20_000


class Sent(msgspec.Struct, frozen=True):
    """What the collector was last told of one kind, and when it was told everything (seconds since 1970)."""

    versions: dict[str, str] = {}
    whole_at: float = 0.0


def differences(
    of: SoftwareKind, sent: Sent, found: Mapping[str, str], now: datetime
) -> tuple[Sent, list[InventoryDiff]]:
    """The diffs that lead from what was sent to what was found, and what has been sent then."""
    wanted = _within_limits(found)
    age_s = now.timestamp() - sent.whole_at
    anew = not 0 <= age_s < ANEW_S
    state: dict[str, str] = {} if anew else dict(sent.versions)
    if not anew and state == wanted:
        return sent, []
    base = "" if anew else software_digest(state)
    diffs = []
    for present, gone in _pieces(state, wanted, is_whole=anew):
        state = {name: version for name, version in {**state, **present}.items() if name not in gone}
        digest = software_digest(state)
        diffs.append(InventoryDiff(taken_at=now, of=of, base=base, digest=digest, present=present, gone=gone))
        base = digest
    return Sent(wanted, now.timestamp() if anew else sent.whole_at), diffs


def _pieces(
    state: Mapping[str, str], wanted: Mapping[str, str], *, is_whole: bool
) -> Iterator[tuple[dict[str, str], list[str]]]:
    gone = iter(sorted(state.keys() - wanted.keys()))
    changed = iter(sorted(name for name, version in wanted.items() if state.get(name) != version))
    while True:
        piece = {name: wanted[name] for name in islice(changed, SOFTWARE)}, list(islice(gone, SOFTWARE))
        if not any(piece) and not is_whole:
            return
        yield piece
        is_whole = False


def _within_limits(found: Mapping[str, str]) -> dict[str, str]:
    entries = islice(sorted(found.items()), ENTRIES)
    return {name[:NAME_CHARS]: version[:FIELD_CHARS] for name, version in entries if name}

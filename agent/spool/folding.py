"""Which waiting records become one, pure.

Equal events (product, module, code, status, identity) that wait together are one event with a
count. The order of a fault and its clearing must survive: as soon as a signal of the other status
arrives for the same module, what waits there is closed and later events start a new row. So
`fault, clear, fault` stays three rows, while a burst of a thousand equal faults is one.

Unknown errors of one template fold whenever they wait, and beyond a number of templates they become one
row that only counts: a log that writes a new sentence every time cannot fill the spool.

Gaps of one cause and source fold too, once many wait: a disk that stays full for a week is one gap
with a span and a sum, not a hundred thousand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from enum import IntEnum

from msgspec.structs import replace

from wire.fingerprint import OVERFLOW, template_fingerprint
from wire.limits import SAMPLES_PER_EVENT
from wire.lives import Ending
from wire.messages import Event, Evidence, Gap, Health, Inventory, InventoryDiff, Record, UnknownError
from wire.proofs import AuditMark, BackupMark, PatchProgress, Result


class Rank(IntEnum):
    """The order in which waiting records leave: what a person waits for comes first."""

    INVENTORY = 0  # one at most; the collector knows the host before it reads its events
    EVENT = 1
    GAP = 2
    HEALTH = 3
    UNKNOWN = 4  # nobody waits for them: they tell the vendor which codes are missing
    SOFTWARE = 5  # lists of packages: large, and never urgent


def rank_of(record: Record) -> Rank:
    """The place of a record in the queue."""
    ranks = {
        Inventory: Rank.INVENTORY,
        Event: Rank.EVENT,
        Evidence: Rank.EVENT,
        Result: Rank.EVENT,
        AuditMark: Rank.EVENT,
        PatchProgress: Rank.EVENT,
        BackupMark: Rank.EVENT,
        Gap: Rank.GAP,
        Health: Rank.HEALTH,
        Ending: Rank.HEALTH,  # after the samples of the run that it ends
        UnknownError: Rank.UNKNOWN,
        InventoryDiff: Rank.SOFTWARE,
    }
    return ranks[type(record)]


def event_key(event: Event) -> str:
    """What equal events share, 32 hexadecimal digits."""
    identity = [f"{name}={event.identity[name]}" for name in sorted(event.identity)]
    parts = [event.product, event.catalogue_version, event.module, event.code, str(event.level)]
    text = "\x1f".join([*parts, event.status.value, str(event.history), *identity])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def owner_of(event: Event) -> str:
    """The scope inside which the order of faults and clearings is kept."""
    return f"{event.product}\x1f{event.module}"


def gap_key(gap: Gap) -> str:
    """What gaps share that may become one."""
    return f"gap\x1f{gap.cause.value}\x1f{gap.source}"


def fold_events(old: Event, new: Event) -> Event:
    """Both as one: `old` keeps its id, time and context, counts add up, up to three texts are samples."""
    samples = list(old.samples)
    for text in (new.text, *new.samples):
        if len(samples) >= SAMPLES_PER_EVENT:
            break
        if text and text != old.text and text not in samples:
            samples.append(text)
    return replace(
        old,
        count=min(old.count + new.count, 2**53),
        first_at=min(old.first_at, new.first_at),
        last_at=max(old.last_at, new.last_at),
        samples=samples,
    )


def fold_gaps(old: Gap, new: Gap) -> Gap:
    """Both as one: sums of what was lost, and the span from the first to the last."""
    starts = [at for gap in (old, new) for at in (gap.since, gap.noticed_at) if at is not None]
    ends = [at for gap in (old, new) for at in (gap.until, gap.noticed_at) if at is not None]
    return replace(
        old,
        since=min(starts),
        until=max(ends),
        bytes_lost=min(old.bytes_lost + new.bytes_lost, 2**53),
        records_lost=min(old.records_lost + new.records_lost, 2**53),
        detail=new.detail or old.detail,
    )


def unknown_key(error: UnknownError) -> str:
    """What unknown errors share that become one."""
    return f"unknown\x1f{error.product}\x1f{error.fingerprint}"


def fold_unknowns(old: UnknownError, new: UnknownError) -> UnknownError:
    """Both as one: counts add up, the first sample stays."""
    return replace(
        old,
        count=min(old.count + new.count, 2**53),
        first_at=min(old.first_at, new.first_at),
        last_at=max(old.last_at, new.last_at),
        sample=old.sample or new.sample,
    )


def overflow_of(error: UnknownError) -> UnknownError:
    """The same count and times under the one template that tells nothing."""
    fingerprint = template_fingerprint(error.product, OVERFLOW)
    return replace(error, fingerprint=fingerprint, template=OVERFLOW, source="", severity="", sample="")


def fold_run(events: Iterable[Event]) -> list[Event]:
    """Neighbouring equal events of one deposit as one; order is kept across the others."""
    folded: list[Event] = []
    places: dict[str, int] = {}
    for event in events:
        key = event_key(event)
        at = places.get(key)
        if at is None:
            _close_opposite(places, folded, event)
            places[key] = len(folded)
            folded.append(event)
        else:
            folded[at] = fold_events(folded[at], event)
    return folded


def _close_opposite(places: dict[str, int], folded: list[Event], event: Event) -> None:
    """Forget rows of the same module with another status: nothing may be folded past this event."""
    owner = owner_of(event)
    for key, at in list(places.items()):
        if owner_of(folded[at]) == owner and folded[at].status is not event.status:
            del places[key]

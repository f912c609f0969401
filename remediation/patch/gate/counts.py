"""Known errors of each product in the newest two hours, as the agent counts them: one small file, bounded. Pure.

The agent writes it and the process of a patch reads it. It is a hint of somebody who may be lying: it can make the gate
fail, and it opens no gate, because everything else that the gate asks is asked beside it. Numbers that were made up for
the hour before make the comparison useless, and nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from wire.fields import Count, Name, Time

FILE_NAME: Final = "error-counts.json"  # in the agent's state folder
FILE_BYTES: Final = 2_000_000
SLOT_S: Final = 5
KEPT_S: Final = 7_200
SLOTS: Final = KEPT_S // SLOT_S + 2
PRODUCTS: Final = 32  # one more is not counted
PAUSE: Final = timedelta(seconds=120)  # a restart of the agent; what was logged meanwhile is read and counted after it
FRESH: Final = timedelta(seconds=60)  # of clocks that differ a little

Slot = tuple[Annotated[int, Meta(ge=0, le=2**40)], Count]  # its number since 1970, errors


class ErrorFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file. Without a break since `since`; slots by product, the oldest first, those without errors left out."""

    version: Annotated[int, Meta(ge=1, le=1)] = 1
    since: Time
    written_at: Time
    products: Annotated[dict[Name, Annotated[list[Slot], Meta(max_length=SLOTS)]], Meta(max_length=PRODUCTS)] = {}


def begun(raw: bytes, now: datetime) -> ErrorFile:
    """What to go on from at a start: the file, if it is as good as new; else nothing was ever counted."""
    found = read(raw)
    if found is None or not now - PAUSE <= found.written_at <= now:
        return ErrorFile(since=now, written_at=now)
    return found


def counted(file: ErrorFile, seen: Iterable[tuple[str, int]], now: datetime) -> ErrorFile:
    """With `seen` (product, errors) right now; what is too old is left out. A clock that went back begins anew."""
    if now < file.written_at - FRESH:
        file = ErrorFile(since=now, written_at=now)
    slot, oldest = slot_of(now), slot_of(now - timedelta(seconds=KEPT_S))
    products = {}
    for name, slots in file.products.items():
        if kept := [each for each in slots if each[0] >= oldest]:
            products[name] = kept
    for name, errors in seen:
        if name not in products and len(products) >= PRODUCTS:
            continue
        slots = products.setdefault(name, [])
        last, before = slots[-1] if slots else (-1, 0)
        if last >= slot:
            slots[-1] = (last, before + errors)
        else:
            products[name] = [*slots, (slot, errors)]
    return ErrorFile(since=file.since, written_at=max(now, file.written_at), products=products)


def during(file: ErrorFile, product: str, seconds: float, now: datetime) -> int | None:
    """Errors in the newest so many seconds, of slots that lie inside; None when it was not counted for so long."""
    begin = now - timedelta(seconds=seconds)
    if file.since > begin or not now - PAUSE <= file.written_at <= now + FRESH:
        return None
    first = slot_of(begin) + 1
    return sum(errors for slot, errors in file.products.get(product, []) if slot >= first)


def slot_of(at: datetime) -> int:
    """The slot of an instant."""
    return max(0, int(at.timestamp()) // SLOT_S)


def read(raw: bytes) -> ErrorFile | None:
    """The file; None when it is none."""
    try:
        return msgspec.json.decode(raw, type=ErrorFile) if len(raw) <= FILE_BYTES else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def write(file: ErrorFile) -> bytes:
    """The bytes of the file."""
    return msgspec.json.encode(file)

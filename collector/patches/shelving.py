"""Noticing what the vendor published: new patches, changed ones, and those that are published no more.

Cheap when nothing changed: one small file is read. A publication that cannot be believed changes nothing, and
what is wrong with it is kept for the page to show.
"""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

import msgspec

from collector.patches import repository
from collector.patches.published import Published, Unreadable, read_shelf, stamp_of
from collector.store.database import Connection, Store
from collector.store.meta import read_meta, write_meta

STAMP, TROUBLE = "patches_stamp", "patches_trouble"

_log = logging.getLogger(__name__)


def notice(store: Store, folder: Path, now: datetime) -> int:
    """Take in what is published below `folder`, if it changed; how many patches came, changed or went."""
    stamp = stamp_of(folder)
    with store.reading() as connection:
        if stamp == (read_meta(connection, STAMP) or ""):
            return 0
    try:
        shelf = read_shelf(folder)
        left_out = shelf.left_out
    except Unreadable as unreadable:
        shelf, left_out = None, [str(unreadable.why)]
    for problem in left_out:
        _log.warning("of what the vendor published: %s", problem)
    with store.writing() as connection:
        write_meta(connection, STAMP, stamp)
        write_meta(connection, TROUBLE, msgspec.json.encode(left_out).decode())
        return 0 if shelf is None else _take(connection, shelf.patches, now)


def trouble(connection: Connection) -> list[str]:
    """What of the newest publication could not be taken, in English."""
    return msgspec.json.decode(read_meta(connection, TROUBLE) or "[]", type=list[str])


def _take(connection: Connection, published: list[Published], now: datetime) -> int:
    known = {(patch.product, patch.id): patch for patch in repository.list_patches(connection)}
    here = {(each.manifest.product, each.manifest.id): each for each in published}
    changed = 0
    for key, each in here.items():
        old = known.get(key)
        if old is None or old.digest != each.digest or old.withdrawn_at is not None:
            repository.keep_patch(connection, each, now)
            changed += 1
    for key, old in known.items():
        if key not in here and old.withdrawn_at is None:
            repository.withdraw(connection, *key, now)
            changed += 1
    return changed

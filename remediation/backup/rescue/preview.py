"""What bringing a whole database back would do, told before it is done; and what has to hold for it. Pure.

A database is always brought back beside the live one first, under another name, and counted. Only then,
when that was asked for, the two change names; the old one is kept. Nobody's work is overwritten by a
slip: the consent is the name of the database, typed by somebody who has seen the preview.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from remediation.backup.errors import DumpUnusable, RestoreRefused
from remediation.backup.manifest import DatabaseFacts
from wire.sentence import sentence

MARK: Final = re.compile(r"[a-z0-9]{1,20}")


class Preview(Struct, kw_only=True, frozen=True):
    """What there is now, what the dump holds, and under which names things will stand."""

    database: str  # also the word of consent
    is_there: bool
    now: dict[str, int]  # rows of each live table; empty when there is no such database
    then: dict[str, int]  # of the dump
    beside: str  # where it is brought back to
    kept: str  # where the live one goes when they change names
    users: int  # who are connected; with any of them nothing changes names


class BroughtBack(Struct, kw_only=True, frozen=True):
    """What was done."""

    database: str  # the name under which the copy stands now
    kept: str  # where the former one stands; empty: it was not touched
    tables: dict[str, int]


def names(database: str, mark: str, limit: int) -> tuple[str, str]:
    """Where the copy and the former one stand; `mark` tells several attempts apart. `limit`: bytes of a name.

    >>> names("clinic", "20260102", 63)
    ('clinic_back_20260102', 'clinic_before_20260102')
    """
    if not MARK.fullmatch(mark):
        raise RestoreRefused(sentence("{mark} is no mark: small letters and digits, at most 20", mark=mark))
    found = (f"{database}_back_{mark}", f"{database}_before_{mark}")
    if any(len(name.encode()) > limit for name in found):
        raise RestoreRefused(sentence("the name {database} leaves no room for a copy beside it", database=database))
    return found


def refuse_without_consent(preview: Preview, consent: str, *, swap: bool) -> None:
    """`RestoreRefused` unless this is wanted and can be done."""
    if consent != preview.database:
        raise RestoreRefused(
            sentence("to bring back {database}, type its name as the consent", database=preview.database)
        )
    if swap and not preview.is_there:
        raise RestoreRefused(sentence("there is no database {database} to replace", database=preview.database))
    if swap and preview.users:
        raise RestoreRefused(
            sentence(
                "{count} are connected to {database}; stop the service that uses it first",
                count=preview.users,
                database=preview.database,
            )
        )


def refuse_other_counts(facts: DatabaseFacts, tables: dict[str, int]) -> None:
    """`DumpUnusable` when what was loaded is not what was saved."""
    for name in sorted(facts.tables.keys() | tables.keys()):
        then, now = facts.tables.get(name), tables.get(name)
        if then != now:
            raise DumpUnusable(
                sentence("{table} has {now} rows after loading, and had {then}", table=name, now=now, then=then)
            )

"""A reviewed correction: one file that says exactly which rows become what, and what has to be found before.

Line 1 says which table of which database; each further line is one row, with the row as it has to be
found and as it will be; the last line counts them and carries the SHA-256 of all lines before. Whoever
applies it names that digest, so that what is applied is what was read. The file holds values, never
statements: those are written from it when it is applied, so that a changed file can only change rows
of this one table. `as_statements` shows them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from remediation.backup.errors import RestoreRefused
from remediation.backup.rescue.model import Difference, Kind, Row, TableShape
from remediation.backup.rescue.statements import Dialect, take_back
from wire.sentence import sentence

FORMAT: Final = 1


class Head(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which table, and from which snapshot its rows come."""

    format: int = FORMAT
    engine: str
    database: str
    snapshot: str
    table: TableShape


class Line(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One row: None before: it is put in; None after: it is taken out."""

    before: Row | None
    after: Row | None


class Tail(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How many rows are put in, changed and taken out, and the digest of all lines before."""

    deleted: int
    changed: int
    added: int
    sha256: str


def write_correction(path: Path, head: Head, differences: Iterable[Difference]) -> Tail:
    """Write it; the file may not be there yet. A row is in memory at a time."""
    digest = hashlib.sha256()
    counts = dict.fromkeys(Kind, 0)
    with path.open("xb") as file:
        path.chmod(0o600)  # it holds the customer's rows

        def add(part: Struct) -> None:
            line = msgspec.json.encode(part) + b"\n"
            digest.update(line)
            file.write(line)

        add(head)
        for found in differences:
            counts[found.kind] += 1
            add(Line(before=found.now, after=found.then))
        tail = Tail(**{kind.value: count for kind, count in counts.items()}, sha256=digest.hexdigest())
        file.write(msgspec.json.encode(tail) + b"\n")
    return tail


def read_correction(path: Path) -> tuple[Head, Tail]:
    """Head and tail, after every line was read and counted; `RestoreRefused` when it is not as it was written."""
    digest = hashlib.sha256()
    counts = dict.fromkeys(Kind, 0)
    try:
        with path.open("rb") as file:
            first = file.readline()
            head = msgspec.json.decode(first, type=Head)
            last = first
            for line in file:
                digest.update(last)
                if last is not first:
                    counts[_difference(msgspec.json.decode(last, type=Line), head).kind] += 1
                last = line
        tail = msgspec.json.decode(last, type=Tail)
    except (OSError, msgspec.DecodeError) as error:
        raise RestoreRefused(sentence("{path} is no correction: {problem}", path=path, problem=str(error))) from error
    found = Tail(**{kind.value: count for kind, count in counts.items()}, sha256=digest.hexdigest())
    if head.format != FORMAT or found != tail:
        raise RestoreRefused(sentence("{path} is not as it was written", path=path))
    return head, tail


def lines_of(path: Path, head: Head) -> Iterator[Difference]:
    """The rows of a correction that was read before."""
    with path.open("rb") as file:
        file.readline()
        before: bytes | None = None
        for line in file:
            if before is not None:
                yield _difference(msgspec.json.decode(before, type=Line), head)
            before = line


def as_statements(dialect: Dialect, head: Head, differences: Iterable[Difference]) -> Iterator[str]:
    """What will be run, one statement for each row."""
    for found in differences:
        yield take_back(dialect, head.table, found)


def _difference(line: Line, head: Head) -> Difference:
    wanted = len(head.table.columns)
    if any(row is not None and len(row) != wanted for row in (line.before, line.after)) or line.before == line.after:
        raise msgspec.ValidationError("a row does not fit the table")
    kind = Kind.DELETED if line.before is None else Kind.ADDED if line.after is None else Kind.CHANGED
    return Difference(kind, line.after, line.before)

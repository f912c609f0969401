"""After an operator's error: what of a table is different from a snapshot, and taking chosen rows back.

1. The snapshot's dump is loaded into a scratch server; `differences` compares its table with the live one.
2. `hand_over` writes the chosen ones into a correction. Nothing live is touched.
3. A person reads it, and `apply` does what it says, in one transaction, all or nothing.

Rows that were changed or added since stay as they are unless somebody asks for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from remediation.backup.errors import RestoreRefused
from remediation.backup.rescue.comparing import chosen, compare
from remediation.backup.rescue.correction import Head, Tail, as_statements, lines_of, read_correction, write_correction
from remediation.backup.rescue.dialects import DIALECTS
from remediation.backup.rescue.model import Choice, Difference, Kind, Row, TableShape
from remediation.backup.rescue.statements import Dialect, select_all
from remediation.backup.rescue.tables import Database, MariadbDatabase, PostgresqlDatabase, SqliteDatabase
from remediation.backup.scratch.mariadb import LoadedMariadb
from remediation.backup.scratch.postgresql import LoadedPostgresql
from remediation.backup.scratch.sqlite import LoadedSqlite
from remediation.backup.sources.port import LoadedDump
from wire.sentence import sentence

SHOWN: Final = 50  # rows of each kind
CONFIRM_CHARS: Final = 12  # of the digest that whoever applies a correction has to name


class Shown(Struct, kw_only=True, frozen=True):
    """A difference for people and for JSON: the counts are of everything, the rows at most `SHOWN` of each kind."""

    table: TableShape
    counts: dict[str, int]
    rows: dict[str, list[tuple[Row | None, Row | None]]]  # by kind: (then, now)


def differences(then: Database, now: Database, name: list[str]) -> tuple[TableShape, Iterator[Difference]]:
    """The table's shape, and every row that is not the same. `RestoreRefused` when the table itself has changed."""
    old, new = then.shape(name), now.shape(name)
    if old != new:
        raise RestoreRefused(sentence("the table {table} has other columns than in the snapshot", table=".".join(name)))
    statement = select_all(DIALECTS[now.engine], new)
    keys = len(new.key)
    return new, compare(then.rows(statement, keys), now.rows(statement, keys))


def database_of(loaded: LoadedDump) -> Database:
    """The database of a dump that was loaded into a scratch server."""
    if isinstance(loaded, LoadedPostgresql):
        return PostgresqlDatabase(loaded.login, loaded.database)
    if isinstance(loaded, LoadedMariadb):
        return MariadbDatabase(loaded.login, loaded.database)
    if isinstance(loaded, LoadedSqlite):
        return SqliteDatabase(loaded.path)
    raise RestoreRefused(sentence("there is no rescue for {engine}", engine=type(loaded).__name__))


def show(shape: TableShape, found: Iterable[Difference], limit: int = SHOWN) -> Shown:
    """What people look at before they decide."""
    counts = dict.fromkeys(map(str, Kind), 0)
    rows: dict[str, list[tuple[Row | None, Row | None]]] = {kind: [] for kind in counts}
    for one in found:
        counts[one.kind] += 1
        if len(rows[one.kind]) < limit:
            rows[one.kind].append((one.then, one.now))
    return Shown(table=shape, counts=counts, rows=rows)


def hand_over(
    then: Database, now: Database, name: list[str], choice: Choice, path: Path, *, database: str, snapshot: str
) -> Tail:
    """Write the chosen differences into a correction at `path`; its tail says how many there are and its digest."""
    shape, found = differences(then, now, name)
    head = Head(engine=now.engine, database=database, snapshot=snapshot, table=shape)
    return write_correction(path, head, chosen(found, choice, shape))


def statements_of(path: Path) -> Iterator[str]:
    """What a correction will do, for reading."""
    head, _ = read_correction(path)
    yield from as_statements(_dialect(head), head, lines_of(path, head))


def apply(path: Path, live: Database, confirmed: str) -> int:
    """Do what a correction says; `confirmed` is the beginning of its digest. Rows that were changed."""
    head, tail = read_correction(path)
    if len(confirmed) < CONFIRM_CHARS or not tail.sha256.startswith(confirmed):
        raise RestoreRefused(
            sentence(
                "to apply this correction, confirm it with the first {count} characters of its digest",
                count=CONFIRM_CHARS,
            )
        )
    if head.engine != live.engine or live.shape(head.table.name) != head.table:
        raise RestoreRefused(sentence("the correction was made for another table"))
    return live.change(as_statements(_dialect(head), head, lines_of(path, head)))


def _dialect(head: Head) -> Dialect:
    if head.engine not in DIALECTS:
        raise RestoreRefused(sentence("there is no rescue for {engine}", engine=head.engine))
    return DIALECTS[head.engine]

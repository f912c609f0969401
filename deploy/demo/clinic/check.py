"""`python -m deploy.demo.clinic.check`: the vendor's own check of a clinic, which reads and changes nothing.

What an engineer asks for first when something is wrong: is the database whole and free, can the drug
tables be read, are there orders whose doses cannot be computed. One line a finding; exit code 0 when all
is well, 1 when something is not, 2 when there is no clinic to look at.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from deploy.demo.clinic.prescription import read_measurement

BUSY_S = 1.0
ORDERS = 10_000  # newest ones that are looked at
NAMED = 5  # damaged orders that are named
ALL = "all"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    part: str
    is_well: bool
    words: str


Check = Callable[[Path], Iterator[tuple[bool, str]]]


def check(home: Path, part: str) -> list[Finding]:
    """Every finding of a part, or of all; `FileNotFoundError` where there is no clinic."""
    if not (home / "clinic.db").is_file():
        raise FileNotFoundError(home / "clinic.db")
    chosen = PARTS if part == ALL else {part: PARTS[part]}
    return [Finding(name, is_well, words) for name, look in chosen.items() for is_well, words in _looked(look, home)]


def _looked(look: Check, home: Path) -> Iterator[tuple[bool, str]]:
    """The findings of one part; a database that cannot be read is one of them."""
    try:
        yield from look(home)
    except sqlite3.Error as error:
        yield False, str(error)


def _database(home: Path) -> Iterator[tuple[bool, str]]:
    with closing(_opened(home)) as connection:
        said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        yield said == "ok", f"integrity: {said}"
        for table in ("patient", "visit", "invoice"):
            count = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  # names from above
            yield True, f"{table}: {count} rows"


def _prescription(home: Path) -> Iterator[tuple[bool, str]]:
    table = home / "interactions.json"
    try:
        pairs = json.loads(table.read_bytes())
        yield isinstance(pairs, list) and bool(pairs), f"interaction table: {len(pairs)} pairs"
    except (OSError, ValueError) as error:
        yield False, f"interaction table: {error}"
    with closing(_opened(home)) as connection:
        newest = "SELECT id, record FROM medical_order ORDER BY id DESC LIMIT ?"
        damaged = [order for order, record in connection.execute(newest, (ORDERS,)) if not _is_readable(record)]
    named = ", ".join(str(order) for order in damaged[:NAMED])
    yield not damaged, f"orders without a dose: {len(damaged)}" + (f" ({named})" if named else "")


def _billing(home: Path) -> Iterator[tuple[bool, str]]:
    with closing(_opened(home)) as connection:
        rows = connection.execute("SELECT state, count(*) FROM invoice GROUP BY state ORDER BY state").fetchall()
        nothing = connection.execute("SELECT count(*) FROM invoice WHERE amount <= 0").fetchone()[0]
    yield True, "invoices: " + (", ".join(f"{count} {state}" for state, count in rows) or "none")
    yield nothing == 0, f"invoices over nothing: {nothing}"


PARTS: Mapping[str, Check] = {"database": _database, "prescription": _prescription, "billing": _billing}


def _opened(home: Path) -> sqlite3.Connection:
    """The database, for reading only: not even a journal is written."""
    return sqlite3.connect(f"{(home / 'clinic.db').absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_S)


def _is_readable(record: str) -> bool:
    try:
        read_measurement(record)
    except (ValueError, KeyError, TypeError):
        return False
    return True


def main(words: Sequence[str] | None = None) -> int:
    """Look and say."""
    parser = argparse.ArgumentParser(prog="clinic-check", allow_abbrev=False)
    parser.add_argument("--home", type=Path, required=True, help="folder of the clinic's database")
    parser.add_argument("--part", choices=[ALL, *PARTS], default=ALL, help="what to look at")
    arguments = parser.parse_args(words)
    try:
        found = check(arguments.home, arguments.part)
    except OSError as error:
        print(f"no clinic here: {error}", file=sys.stderr)
        return 2
    for finding in found:
        print(f"{'ok ' if finding.is_well else 'BAD'} {finding.part}: {finding.words}")
    return 0 if all(finding.is_well for finding in found) else 1


if __name__ == "__main__":
    sys.exit(main())

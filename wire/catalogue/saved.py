"""What a product needs saved, as its vendor declares it; a part of the catalogue.

It is a wish. What is saved is decided by the customer's backup policy: a declaration counts only inside the
bounds that the policy gives, it brings no login of any server, and nothing in it can start a program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from wire.fields import Name
from wire.limits import LINE_CHARS
from wire.sentence import Sentence, sentence

ENTRIES: Final = 64
AbsolutePath = Annotated[str, Meta(min_length=2, max_length=LINE_CHARS, pattern=r"^/")]
ShellPattern = Annotated[str, Meta(min_length=1, max_length=LINE_CHARS)]
Slug = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\Z")]
_READS: Final = re.compile(r"\s*(select|with|values)\b", re.IGNORECASE)
_REDIS_READS: Final = re.compile(r"\s*[a-z]+\b[^\r\n]*", re.IGNORECASE)


class Assertion(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A reading statement, asked of the restored database in a drill; its first value has to be this text."""

    name: Name
    query: Annotated[str, Meta(min_length=1, max_length=10_000)]
    equals: Annotated[str, Meta(max_length=500)]


class SavedDatabase(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One database: `file` of SQLite, `names` of the databases of a server as shell patterns; Redis has neither."""

    name: Slug
    engine: Literal["sqlite", "postgresql", "mariadb", "redis"]
    file: AbsolutePath | None = None
    names: Annotated[list[ShellPattern], Meta(max_length=ENTRIES)] = []
    assertions: Annotated[list[Assertion], Meta(max_length=ENTRIES)] = []


class Saved(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """All of it. `services` are those that use the databases: nothing is restored in place while one runs."""

    databases: Annotated[list[SavedDatabase], Meta(max_length=ENTRIES)] = []
    trees: Annotated[list[AbsolutePath], Meta(max_length=ENTRIES)] = []
    exclude: Annotated[list[ShellPattern], Meta(max_length=ENTRIES)] = []
    services: Annotated[list[Name], Meta(max_length=ENTRIES)] = []


def faults_of(saved: Saved) -> Iterator[tuple[str, Sentence]]:
    """What the schema cannot say: the path below the declaration, and what is wrong there."""
    seen: set[str] = set()
    for at, database in enumerate(saved.databases):
        path = f"databases[{at}]"
        if database.name in seen:
            yield f"{path}.name", sentence("the database {name} stands twice", name=database.name)
        seen.add(database.name)
        yield from _place_faults(database, path)
        for place, assertion in enumerate(database.assertions):
            reads = _REDIS_READS if database.engine == "redis" else _READS
            if not reads.match(assertion.query):
                problem = sentence("the query of {name} has to be one reading statement", name=assertion.name)
                yield f"{path}.assertions[{place}].query", problem
    for at, tree in enumerate(saved.trees):
        if not _is_plain(tree):
            yield f"trees[{at}]", sentence("a path is absolute, without .. and without line ends")


def _place_faults(database: SavedDatabase, path: str) -> Iterator[tuple[str, Sentence]]:
    if (database.file is not None) != (database.engine == "sqlite"):
        yield path, sentence("a database of SQLite has a file, and no other one has")
    elif database.file is not None and not _is_plain(database.file):
        yield f"{path}.file", sentence("a path is absolute, without .. and without line ends")
    if bool(database.names) != (database.engine in {"postgresql", "mariadb"}):
        yield path, sentence("a database of PostgreSQL or MariaDB has names, and no other one has")


def _is_plain(path: str) -> bool:
    return ".." not in path.split("/") and not set(path) & {"\n", "\r", "\0"}

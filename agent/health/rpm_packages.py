"""The packages of an RPM system, read from RPM's own database: no program is started, and nothing there is touched.

Theory of operation
-------------------
RPM keeps one binary header for each package in a SQLite file (`rpmdb.sqlite`: Red Hat and Rocky from 9, Fedora
from 33, openEuler from 22.03). A header is a count of entries, a length of data (big-endian), the entries (tag, type,
offset, count; 16 bytes each), and the data that they point into. Name, version, release, epoch and
architecture stand near its beginning; lists of files and the change log come behind and are not read.

The file has a write-ahead log. Reading it in the usual way would make files beside it (`-shm`), so it is opened as one
that nobody changes while that log is empty, and with the log's index read-only while it is not. Afterwards
file and log are looked at again: a list that RPM changed meanwhile is refused, and read at the next round.

Older RPM (Red Hat and Rocky 8, Kylin V10) keeps the headers in a Berkeley DB, SUSE in a format called ndb:
those are not read, and the list of such a host is empty.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from agent.health.probe import ProbeFailed

RPM_DATABASES: Final = (Path("/usr/lib/sysimage/rpm/rpmdb.sqlite"), Path("/var/lib/rpm/rpmdb.sqlite"))
PACKAGES: Final = 20_000
HEADER_BYTES: Final = 256 * 1024  # of the beginning of a header
TEXT_BYTES: Final = 1_024
WAIT_S: Final = 5.0  # for RPM to let go of its lock
NAME, VERSION, RELEASE, EPOCH, ARCHITECTURE = 1000, 1001, 1002, 1003, 1022
TEXT, NUMBER = 6, 4
NO_PACKAGES: Final = ("gpg-pubkey",)  # keys that RPM trusts, kept as if they were packages

_COUNTS: Final = struct.Struct(">II")
_ENTRY: Final = struct.Struct(">IIII")


def rpm_installed(database: Path) -> dict[str, str]:
    """Name -> `[EPOCH:]VERSION-RELEASE` of every installed package; of several with one name, the last installed.

    The others are `NAME:ARCHITECTURE`, or `NAME:VERSION-RELEASE` where that is the same (kernels). Raises
    `ProbeFailed` when the database cannot be read.
    """
    log = database.with_name(database.name + "-wal")
    before = _stamps(database, log)
    how = "readonly_shm=1" if log.exists() and log.stat().st_size else "immutable=1"
    query = "SELECT substr(blob, 1, ?) FROM Packages ORDER BY hnum DESC LIMIT ?"
    found: dict[str, str] = {}
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro&{how}", uri=True, timeout=WAIT_S)) as sql:
            for (header,) in sql.execute(query, (HEADER_BYTES, PACKAGES)):
                _add(found, read_header(header))
    except sqlite3.Error as error:
        raise ProbeFailed(f"{database}: {error}") from error
    if _stamps(database, log) != before:
        raise ProbeFailed(f"{database} was changed while it was read")
    return found


def read_header(raw: bytes) -> dict[int, str]:
    """The wanted values of a header, or of its beginning, by tag; what is not understood is not there.

    >>> read_header(b"not a header")
    {}
    """
    if len(raw) < _COUNTS.size:
        return {}
    count, _ = _COUNTS.unpack_from(raw)
    data_at = _COUNTS.size + count * _ENTRY.size
    found = {}
    for tag, kind, offset in _entries(raw, count):
        if tag in {NAME, VERSION, RELEASE, ARCHITECTURE} and kind == TEXT:
            found[tag] = _text(raw, data_at + offset)
        elif tag == EPOCH and kind == NUMBER:
            found[tag] = str(int.from_bytes(raw[data_at + offset : data_at + offset + 4], "big"))
    return {tag: text for tag, text in found.items() if text}


def _entries(raw: bytes, count: int) -> Iterator[tuple[int, int, int]]:
    most = (len(raw) - _COUNTS.size) // _ENTRY.size
    for at in range(min(count, most)):
        tag, kind, offset, _ = _ENTRY.unpack_from(raw, _COUNTS.size + at * _ENTRY.size)
        yield tag, kind, offset


def _text(raw: bytes, at: int) -> str:
    end = raw.find(b"\0", at, at + TEXT_BYTES)
    return "" if end < 0 else raw[at:end].decode("utf-8", "replace")


def _add(found: dict[str, str], header: dict[int, str]) -> None:
    name = header.get(NAME, "")
    if not name or name in NO_PACKAGES:
        return
    epoch = f"{header[EPOCH]}:" if header.get(EPOCH, "0") != "0" else ""
    version = f"{epoch}{header.get(VERSION, '')}-{header.get(RELEASE, '')}"
    names = (name, f"{name}:{header.get(ARCHITECTURE, '')}", f"{name}:{version}")
    found[next((each for each in names if each not in found), names[-1])] = version


def _stamps(*paths: Path) -> list[tuple[int, int]]:
    seen = [path.stat() for path in paths if path.exists()]
    return [(status.st_mtime_ns, status.st_size) for status in seen]

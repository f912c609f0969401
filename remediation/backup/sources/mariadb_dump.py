"""What a dump of MariaDB holds, told by reading it: the rows of each table, and whether it is complete. Pure.

Other sessions cannot share the snapshot that `mariadb-dump` sees, and a global lock would stop the
customer's writers; so the rows are counted in what was dumped. Newer programs write each row on a line
of its own, older ones all rows of a statement on one. Bodies of routines and triggers, which may hold
anything, stand between two DELIMITER lines.
"""

from __future__ import annotations

import re
from typing import IO, Final

COMPLETE: Final = b"-- Dump completed"
PIECE_BYTES: Final = 65_536
_CREATE: Final = re.compile(rb"CREATE TABLE `((?:[^`]|``)+)`")
_INSERT: Final = re.compile(rb"INSERT (?:IGNORE )?INTO `((?:[^`]|``)+)`[^'`]*VALUES ?")
_TEXT: Final = re.compile(rb"'(?:[^'\\]|\\.)*'", re.DOTALL)


def read_dump(file: IO[bytes]) -> tuple[dict[str, int], bool]:
    """Rows of each table, and whether the dump says that it is complete. A few lines are in memory at a time."""
    reading = _Reading()
    is_start = True
    while piece := file.readline(PIECE_BYTES):
        if is_start and reading.needs_all(piece):
            piece += file.readline()
        if is_start:
            reading.line(piece)
        is_start = piece.endswith(b"\n")
    return reading.rows, reading.is_complete


class _Reading:
    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self.is_complete = False
        self._table: str | None = None  # rows of this one follow, a line each
        self._is_body = False

    def needs_all(self, piece: bytes) -> bool:
        """Whether the line has to be read whole: all rows of a statement on it."""
        return not piece.endswith(b"\n") and piece.startswith(b"INSERT ") and not self._is_body

    def line(self, line: bytes) -> None:
        """Take the beginning of a line, or all of it."""
        if line.strip():
            self.is_complete = line.startswith(COMPLETE) and not self._is_body
        if line.startswith(b"DELIMITER "):
            self._is_body = line.split()[1:] != [b";"]
        elif self._is_body:
            return
        elif self._table is not None and line.startswith(b"("):
            self.rows[self._table] += 1
        else:
            self._table = None
            self._statement(line)

    def _statement(self, line: bytes) -> None:
        if found := _CREATE.match(line):
            self.rows.setdefault(_name(found[1]), 0)
        elif found := _INSERT.match(line):
            name = _name(found[1])
            self.rows.setdefault(name, 0)
            rest = line[found.end() :]
            if rest.strip():
                self.rows[name] += _TEXT.sub(b"", rest).count(b"),(") + 1
            else:
                self._table = name


def _name(raw: bytes) -> str:
    return raw.replace(b"``", b"`").decode(errors="surrogateescape")

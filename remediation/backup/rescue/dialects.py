"""How PostgreSQL, MariaDB and SQLite write the values of a row as texts, and read them back. Pure."""

from __future__ import annotations

import re
from typing import Final

from remediation.backup.errors import RestoreRefused
from remediation.backup.rescue.model import Column
from remediation.backup.rescue.statements import Dialect
from remediation.backup.sources import mariadb_session, postgresql_session, sqlite
from wire.sentence import sentence

_BINARY: Final = re.compile(
    r"(var)?binary|(tiny|medium|long)?blob|bit|geometry|point|linestring|polygon|multi\w+|geometrycollection"
)
_FLOAT: Final = frozenset({"float", "double", "real"})
_HEX: Final = re.compile(r"(?:[0-9A-F]{2})*|[0-9A-F]+")
_SQLITE_VALUE: Final = re.compile(
    r"NULL|[+-]?\d+(\.\d+)?(e[+-]?\d+)?|'(?:[^']|'')*'|X'(?:[0-9A-F]{2})*'|unistr\('(?:[^']|'')*'\)", re.IGNORECASE
)
_INFINITE: Final = {"Inf": "9.0e+999", "-Inf": "-9.0e+999"}  # what quote() of some versions writes, and none reads


class Postgresql:
    """Every type writes itself as text and reads that text."""

    overriding = " OVERRIDING SYSTEM VALUE"

    def quoted(self, name: str) -> str:
        """A name."""
        return postgresql_session.quoted(name)

    def text_of(self, column: Column) -> str:
        """Its text."""
        return f"{self.quoted(column.name)}::text"

    def order_of(self, column: Column) -> str:
        """The bytes of its text in UTF-8, whatever the encoding and the collation of the database."""
        return f"convert_to({self.text_of(column)}, 'UTF8')"

    def value(self, column: Column, text: str | None) -> str:
        """The text, cast to the column's type."""
        return f"{postgresql_session.literal(text)}::{column.type}"

    def finds(self, column: Column, text: str | None) -> str:
        """By equality of the type."""
        return f"{self.quoted(column.name)} = {self.value(column, text)}"

    def same(self, column: Column, text: str | None) -> str:
        """By the text."""
        return f"{self.text_of(column)} IS NOT DISTINCT FROM {postgresql_session.literal(text)}"


class Mariadb:
    """Bytes are written in hexadecimal, everything else as it is shown."""

    overriding = ""

    def quoted(self, name: str) -> str:
        """A name."""
        return mariadb_session.quoted(name)

    def text_of(self, column: Column) -> str:
        """Its text."""
        name = self.quoted(column.name)
        return f"HEX({name})" if _BINARY.fullmatch(column.type) else f"CONVERT({name} USING utf8mb4)"

    def order_of(self, column: Column) -> str:
        """The bytes of its text, which no collation compares."""
        return f"CAST({self.text_of(column)} AS BINARY)"

    def value(self, column: Column, text: str | None) -> str:
        """A text, or the bytes."""
        if text is None or not _BINARY.fullmatch(column.type):
            return self._literal(text)
        if not _HEX.fullmatch(text):
            raise _not_a_value(column, text)
        return f"0x{text}" if text else "''"

    def finds(self, column: Column, text: str | None) -> str:
        """By equality where the column's numbers are exact."""
        return "TRUE" if column.type in _FLOAT else f"{self.quoted(column.name)} = {self.value(column, text)}"

    def same(self, column: Column, text: str | None) -> str:
        """By the bytes of the text: `=` would take an a for an A."""
        return f"BINARY {self.text_of(column)} <=> BINARY {self._literal(text)}"

    def _literal(self, text: str | None) -> str:
        if text is None:
            return "NULL"
        escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\0", "\\0")
        return f"'{escaped}'"


class Sqlite:
    """SQLite's own quote() writes a value so that its type is kept; what is no such value is refused."""

    overriding = ""

    def quoted(self, name: str) -> str:
        """A name."""
        return sqlite.quoted(name)

    def text_of(self, column: Column) -> str:
        """The value as a literal."""
        return f"quote({self.quoted(column.name)})"

    def order_of(self, column: Column) -> str:
        """The bytes of the literal."""
        return f"CAST({self.text_of(column)} AS BLOB)"

    def value(self, column: Column, text: str | None) -> str:
        """The literal itself."""
        text = _INFINITE.get(text or "", text)
        if text is None or not _SQLITE_VALUE.fullmatch(text):
            raise _not_a_value(column, text)
        return text

    def finds(self, column: Column, text: str | None) -> str:
        """By identity, which is true for NULL too."""
        return f"{self.quoted(column.name)} IS {self.value(column, text)}"

    def same(self, column: Column, text: str | None) -> str:
        """By the literal."""
        doubled = (text or "").replace("'", "''")
        return f"{self.text_of(column)} = '{doubled}'"


DIALECTS: Final[dict[str, Dialect]] = {"postgresql": Postgresql(), "mariadb": Mariadb(), "sqlite": Sqlite()}


def _not_a_value(column: Column, text: str | None) -> RestoreRefused:
    return RestoreRefused(
        sentence("{text} is no value of the column {column}", text=repr(text)[:80], column=column.name)
    )

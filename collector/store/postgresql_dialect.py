"""How this program's tables look in PostgreSQL.

The tables are described once, in SQLite's terms: an integer has 64 bits, text has no limit of length and sorts by
its bytes. Here the same words get the same meaning, so that no value fits into one database and not into the other,
and no list is in another order.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Float
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.base import PGDDLCompiler, PGTypeCompiler
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

NAME = "sitewarden+postgresql"
BYTEWISE = ' TEXT COLLATE "C"'


class _Types(PGTypeCompiler):
    def visit_INTEGER(self, type_: Any, **kw: Any) -> str:  # noqa: ARG002, N802
        return "BIGINT"

    def visit_VARCHAR(self, type_: Any, **kw: Any) -> str:  # noqa: ARG002, N802
        return "TEXT"


class _Definitions(PGDDLCompiler):
    def get_column_specification(self, column: Any, **kwargs: Any) -> str:
        words: str = super().get_column_specification(column, **kwargs)  # type: ignore[no-untyped-call]
        return words.replace(" SERIAL", " BIGSERIAL", 1).replace(" TEXT", BYTEWISE, 1)


class _Real(Float[float]):
    def result_processor(self, dialect: Any, coltype: object) -> None:
        """The driver's floats are floats."""


class Dialect(PGDialect_psycopg):
    """psycopg 3 with these types."""

    supports_statement_cache = True
    type_compiler_cls = _Types
    ddl_compiler = _Definitions
    colspecs = {**PGDialect_psycopg.colspecs, Float: _Real}  # noqa: RUF012  # as the base class has it


registry.register("sitewarden.postgresql", __name__, "Dialect")

"""Statements of the hot path: compiled once for each database and shape, run on the driver's cursor.

SQLAlchemy spends 20 to 100 us on each execution around the few that SQLite needs: it looks the statement up,
builds a context and a result, and asks listeners. Here a statement is compiled by SQLAlchemy on its first run; what
is kept is the text, the order of its parameters, and the conversions of its columns' types, so that a run is a list,
a cursor, and rows as named tuples. The statement stays an expression, so it means the same on both databases.

A shape is the set of given names with the length of each list. Lists of an expanding IN are filled up to a power of
two with their last value, so that few shapes come to be; an empty list finds nothing and is not sent.

Failures go through the connection as they always do: the same exceptions, and a lost connection is given up.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Select, UpdateBase
from sqlalchemy.sql.compiler import SQLCompiler

from collector.store.arrays import LEAST_ROWS, ROWS_MAX, as_arrays, columns_of

SHAPES_MAX = 64  # of one statement on one database; one with more is not for here
LIST_MAX = 512  # values of a list in one run; SQLite takes 32,766 parameters

_Convert = Callable[[Any], Any] | None
_Slot = tuple[str | None, Any]  # the name of a given value, else a value of the statement


@dataclass(frozen=True)
class _Ready:
    """A statement of one shape for one database."""

    text: str
    keys: tuple[str, ...]  # of the parameters, in their order
    slots: tuple[_Slot, ...]
    binds: tuple[tuple[int, Callable[[Any], Any]], ...]  # slots whose given values are not what the driver takes
    lists: tuple[tuple[str, tuple[str, ...]], ...]  # names of lists, and of the parameters that they become
    is_positional: bool
    make: Callable[[Any], Any] | None  # a row from the driver's tuple
    converts: tuple[tuple[int, Callable[[Any], Any]], ...]  # columns whose values are not what the driver gives
    arrays: str | None  # the text that takes many rows at once, where there is one

    def parameters(self, given: Mapping[str, Any]) -> Any:
        """As the driver wants them."""
        if self.lists:
            flat = dict(given)
            for name, keys in self.lists:
                flat.update(zip(keys, given[name], strict=True))
            given = flat
        values = [value if name is None else given[name] for name, value in self.slots]
        for at, convert in self.binds:
            values[at] = convert(values[at])
        return values if self.is_positional else dict(zip(self.keys, values, strict=True))

    def rows(self, found: Sequence[Sequence[Any]]) -> list[Any]:
        """Named tuples with the types of the columns."""
        if self.make is None:
            return []
        if not self.converts:
            return [self.make(row) for row in found]
        return [self.make(self._converted(row)) for row in found]

    def _converted(self, row: Sequence[Any]) -> list[Any]:
        values = list(row)
        for at, convert in self.converts:
            values[at] = convert(values[at])
        return values


class Prepared:
    """One statement of the hot path, with the parameters' names as in its expression."""

    def __init__(self, statement: Select[Any] | UpdateBase) -> None:
        self._statement = statement
        self._ready: dict[tuple[Any, ...], _Ready] = {}

    def rows(self, connection: Connection, **given: Any) -> list[Any]:
        """Run it; the rows, if it gives any. A list is for an expanding IN, at most `LIST_MAX` values long."""
        for name, value in given.items():
            if isinstance(value, list):
                if not value:
                    return []
                given[name] = _filled(value)
        ready = self._of(connection, given)
        return ready.rows(run_text(connection, ready.text, ready.parameters(given)))

    def one(self, connection: Connection, **given: Any) -> Any:
        """The first row, or None."""
        return next(iter(self.rows(connection, **given)), None)

    def each(self, connection: Connection, name: str, values: Sequence[Any], **given: Any) -> Iterator[Any]:
        """The rows for any number of values of the list called `name`."""
        for at in range(0, len(values), LIST_MAX):
            yield from self.rows(connection, **{name: list(values[at : at + LIST_MAX])}, **given)

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it once for each of these, all of one shape; nothing for none."""
        if not rows:
            return
        ready = self._of(connection, rows[0])
        if len(rows) == 1:
            run_text(connection, ready.text, ready.parameters(rows[0]))
        elif ready.arrays is None or len(rows) < LEAST_ROWS:
            run_text(connection, ready.text, [ready.parameters(row) for row in rows], is_many=True)
        else:
            for at in range(0, len(rows), ROWS_MAX):
                some = [ready.parameters(row) for row in rows[at : at + ROWS_MAX]]
                run_text(connection, ready.arrays, columns_of(some))

    def _of(self, connection: Connection, given: Mapping[str, Any]) -> _Ready:
        lengths = [len(value) for value in given.values() if isinstance(value, list)]
        shape = (connection.dialect.name, *given, *lengths)
        ready = self._ready.get(shape)
        if ready is None:
            if len(self._ready) >= SHAPES_MAX:
                raise ValueError("a prepared statement with too many shapes")
            ready = self._ready[shape] = _compiled(self._statement, connection.dialect, given)
        return ready


def _compiled(statement: Select[Any] | UpdateBase, dialect: Dialect, given: Mapping[str, Any]) -> _Ready:
    compiled = statement.compile(dialect=dialect, column_keys=list(given))
    if not isinstance(compiled, SQLCompiler):
        raise TypeError("not a statement")
    state = compiled.construct_expanded_state({**compiled.construct_params(_check=False), **given})
    origins = {key: name for name, keys in state.parameter_expansion.items() for key in keys}
    keys = tuple(state.positiontup if state.positiontup is not None else state.parameters)
    slots: list[_Slot] = []
    binds: list[tuple[int, Callable[[Any], Any]]] = []
    for at, key in enumerate(keys):
        origin = origins.get(key, key)
        convert = _bind(compiled.binds[origin].type, dialect)
        if origin not in given:
            value = state.parameters[key]
            slots.append((None, value if convert is None else convert(value)))
            continue
        slots.append((key, None))
        if convert is not None:
            binds.append((at, convert))
    columns = list(statement.exported_columns)
    names = " ".join(column.key or f"column_{at}" for at, column in enumerate(columns))
    make_row: Any = namedtuple  # noqa: PYI024  # its fields are known at run time only
    row = make_row("Row", names, rename=True)
    converts = [(at, _result(column.type, dialect)) for at, column in enumerate(columns)]
    return _Ready(
        text=state.statement,
        keys=keys,
        slots=tuple(slots),
        binds=tuple(binds),
        lists=tuple((name, tuple(keys)) for name, keys in state.parameter_expansion.items()),
        is_positional=state.positiontup is not None,
        make=row._make if columns else None,
        converts=tuple((at, convert) for at, convert in converts if convert is not None),
        arrays=as_arrays(statement, compiled, keys, dialect),
    )


def _bind(kind: Any, dialect: Dialect) -> _Convert:
    convert: _Convert = kind.dialect_impl(dialect).bind_processor(dialect)
    return convert


def _result(kind: Any, dialect: Dialect) -> _Convert:
    convert: _Convert = kind.dialect_impl(dialect).result_processor(dialect, None)
    return convert


def _filled(values: list[Any]) -> list[Any]:
    """The list with its last value repeated up to a power of two."""
    size = 1
    while size < len(values):
        size *= 2
    return values + values[-1:] * (size - len(values))


def run_text(
    connection: Connection, text: str, parameters: Any = (), *, is_many: bool = False
) -> Sequence[Sequence[Any]]:
    """Run a text on the driver's cursor; the driver's rows, if it gives any."""
    if not connection.in_transaction():
        connection.begin()
    return run_outside(connection, text, parameters, is_many=is_many)


def run_outside(
    connection: Connection, text: str, parameters: Any = (), *, is_many: bool = False
) -> Sequence[Sequence[Any]]:
    """The same, whether or not a transaction has begun: for the statement that begins one."""
    cursor: Any = connection.connection.cursor()
    try:
        if is_many:
            cursor.executemany(text, parameters)
            return ()
        cursor.execute(text, parameters)
        return cursor.fetchall() if cursor.description is not None else ()
    except connection.dialect.loaded_dbapi.Error as error:
        connection._handle_dbapi_exception(error, text, parameters, cursor, None)  # noqa: SLF001  # as it does itself
    finally:
        cursor.close()

"""A replay's file: one JSON object a line, an event or something that a person does."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Any, BinaryIO, Final

import msgspec
from msgspec import Meta, Struct

from wire.complaints import checked_in_words
from wire.errors import Fault, TextRefused
from wire.fields import Code, Level, Name
from wire.limits import NAME_CHARS
from wire.sentence import sentence

LINE_BYTES: Final = 65_536
YEAR_MIN, YEAR_MAX = 1970, 2200  # of anything that a line dates; the clock runs on for days after the last

Time = Annotated[datetime, Meta(tz=True)]
Version = Annotated[str, Meta(min_length=1, max_length=NAME_CHARS)]


class Heard(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An event. A heartbeat needs neither module nor code nor level."""

    at: Time
    site: Name
    status: str
    module: Code | None = None
    code: Code | None = None
    level: Level | None = None
    id: Name | None = None
    version: Version | None = None
    occurred_at: Time | None = None
    instance: Annotated[str, Meta(max_length=1_000)] | None = None
    stateless: bool = False


class Resolve(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="do", tag="resolve"):
    """A person resolves what is live of a code at a site."""

    at: Time
    site: Name
    module: Code
    code: Code
    fixed_in: Version | None = None


class Maintenance(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="do", tag="maintenance"):
    """The customer agreed to a maintenance window."""

    at: Time
    site: Name
    since: Time = msgspec.field(name="from")
    until: Time = msgspec.field(name="to")


Line = Heard | Resolve | Maintenance

STATUSES: Final = frozenset({"firing", "ok", "heartbeat"})

_event = msgspec.json.Decoder(Heard)
_act = msgspec.json.Decoder(Resolve | Maintenance)
_any = msgspec.json.Decoder(dict[str, Any])


def bounded(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, none of them longer than is needed to see that it is too long."""
    return iter(lambda: file.readline(LINE_BYTES + 1), b"")


def read_lines(lines: Iterable[bytes]) -> Iterator[Line]:
    """Every line in the file's order; `TextRefused` with the number of the first that is none."""
    for number, raw in enumerate(lines, 1):
        text = raw.removeprefix(BOM_UTF8) if number == 1 else raw
        if text.strip():
            yield _read(number, text)


def in_order(lines: Iterable[Line]) -> list[Line]:
    """The lines by their time; those of the same instant stay as they stood."""
    return sorted(lines, key=lambda line: line.at)


def is_in_order(lines: Iterable[Line]) -> bool:
    """Whether time runs forward, so that the file need not be held in memory."""
    return all(earlier.at <= later.at for earlier, later in pairwise(lines))


def _read(number: int, raw: bytes) -> Line:
    if len(raw) > LINE_BYTES:
        raise TextRefused([Fault(number, 1, sentence("the line has more than {limit} bytes", limit=LINE_BYTES))])
    try:
        line: Line = _act.decode(raw) if b'"do"' in raw and "do" in _any.decode(raw) else _event.decode(raw)
    except msgspec.ValidationError as error:
        raise TextRefused([Fault(number, 1, checked_in_words(str(error), sentence("the line")))]) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TextRefused([Fault(number, 1, sentence("{problem}", problem=str(error)))]) from error
    if isinstance(line, Heard):
        _check(number, line)
        _check_years(number, line.at, line.occurred_at or line.at)
    elif isinstance(line, Maintenance):
        _check_years(number, line.at, line.since, line.until)
        if line.until <= line.since:
            raise TextRefused([Fault(number, 1, sentence("the window ends before it begins"))])
    else:
        _check_years(number, line.at)
    return line


def _check_years(number: int, *times: datetime) -> None:
    if not all(YEAR_MIN <= time.year < YEAR_MAX for time in times):
        words = sentence("a time is of the years {first} to {last}", first=YEAR_MIN, last=YEAR_MAX - 1)
        raise TextRefused([Fault(number, 1, words)])


def _check(number: int, line: Heard) -> None:
    if line.status not in STATUSES:
        known = ", ".join(sorted(STATUSES))
        raise TextRefused(
            [Fault(number, 1, sentence("{status} is no status: {known}", status=line.status, known=known))]
        )
    needed = {"module": line.module, "code": line.code}
    if line.status == "firing":
        needed["level"] = None if line.level is None else str(line.level)
    missing = [name for name, value in needed.items() if value is None]
    if line.status != "heartbeat" and missing:
        raise TextRefused([Fault(number, 1, sentence("{names} is missing", names=", ".join(missing)))])

r"""JSON lines -> lines of text to be searched, and what else the entry says for the event. Pure.

What is matched is `TIME LEVEL MESSAGE` in one line, so that catalogues written for text find the same faults; a
line end inside the message reads `\n`. Only for a line that became an event the entry is read again: its other values
are the event's fields, and its stack stands below the message. A line that is no JSON object, or one without
a message, stays the text that it is.

>>> lines = [RawLine(0, 46, b'{"level": 50, "msg": "no claim", "claim": 88}'), RawLine(46, 49, b'oh')]
>>> [line.raw for line in JsonLines(JsonNames())(lines)]
[b'ERROR no claim', b'oh']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

from agent.logs.decode import RawLine
from agent.settings.model import JsonNames
from wire.limits import CODE_CHARS, FIELDS, LINE_BYTES

USUAL: Final[dict[str, tuple[str, ...]]] = {
    "time": ("time", "timestamp", "@timestamp", "ts", "datetime"),
    "level": ("level", "severity", "log.level", "levelname", "lvl"),
    "message": ("message", "msg", "event", "log"),
    "stack": ("stack", "stack_trace", "stacktrace", "error.stack_trace", "err.stack", "exception", "exc_info"),
}
NUMBERED: Final = {10: "TRACE", 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL"}  # pino, bunyan
DEPTH: Final = 3  # of objects in objects whose values are fields
_SECONDS_MAX: Final = 1e11  # a larger time counts milliseconds

_decoder: Final = msgspec.json.Decoder()


class Entry(NamedTuple):
    """One line, read: what is matched, what is shown, and the values that are neither."""

    line: str
    text: str
    fields: dict[str, str]


class JsonLines:
    """Turns lines of a file into lines of text; each keeps its place and its entry."""

    def __init__(self, names: JsonNames) -> None:
        self._names = names

    def __call__(self, lines: Sequence[RawLine]) -> list[RawLine]:
        """One line of text for each line."""
        return [self._told(line) for line in lines]

    def _told(self, line: RawLine) -> RawLine:
        entry = read_json(line.raw, self._names)
        if entry is None:
            return line
        raw = entry.line.encode("utf-8", "backslashreplace")
        return line._replace(raw=raw[:LINE_BYTES], entry=line.raw)


def read_json(raw: bytes, names: JsonNames) -> Entry | None:
    """The entry in a line; None where it is no object with a message."""
    try:
        found = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    used = {part: _find(found, getattr(names, part), USUAL[part]) for part in USUAL}
    message = _text(used["message"][1])
    if not message:
        return None
    head = [_time(used["time"][1]), _level(used["level"][1]), message]
    whole = " ".join(word for word in head if word)
    stack = _text(used["stack"][1])
    fields = dict(_fields(found, {name for name, _ in used.values() if name}))
    return Entry(whole.replace("\r\n", "\\n").replace("\n", "\\n"), f"{whole}\n{stack}" if stack else whole, fields)


def _find(entry: Mapping[str, Any], name: str, usual: Sequence[str]) -> tuple[str, Any]:
    """The value of the first of these names that there is, and that name; dots lead into objects."""
    for path in [name] if name else usual:
        value = entry.get(path)
        if value is None and "." in path:
            outer, _, inner = path.partition(".")
            below = entry.get(outer)
            value = below.get(inner) if isinstance(below, dict) else None
        if value is not None:
            return path, value
    return "", None


def _text(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(_text(each) for each in value)
    if isinstance(value, bool | int | float | str):
        return str(value).rstrip("\n")
    return "" if value is None else msgspec.json.encode(value).decode()


def _time(value: object) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return _text(value)
    try:
        return datetime.fromtimestamp(value / 1_000 if value > _SECONDS_MAX else value, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return str(value)


def _level(value: object) -> str:
    return NUMBERED.get(value, str(value)) if isinstance(value, int) else _text(value)


def _fields(entry: Mapping[str, Any], used: set[str]) -> Iterator[tuple[str, str]]:
    left = FIELDS
    for name, value in _flat(entry, "", DEPTH):
        if name in used or not 0 < len(name) <= CODE_CHARS:
            continue
        if not left:
            return
        left -= 1
        yield name, _text(value)


def _flat(entry: Mapping[str, Any], before: str, depth: int) -> Iterator[tuple[str, Any]]:
    for name, value in entry.items():
        if isinstance(value, dict) and depth:
            yield from _flat(value, f"{before}{name}.", depth - 1)
        elif value is not None:
            yield f"{before}{name}", value

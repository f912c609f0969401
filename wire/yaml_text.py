"""YAML that a person wrote -> a checked struct, with line and column of whatever is wrong.

Catalogue, settings and rules are all read here. `yaml_nodes.py` gives plain values with marks;
msgspec checks types and bounds and names the path of its complaint; the path leads back to a mark.
Unknown keys are refused: a typing error would otherwise be ignored silently.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from wire.complaints import in_words
from wire.errors import Fault, TextRefused
from wire.sentence import sentence

T = TypeVar("T")

TEXT_BYTES = 4_000_000  # a catalogue of 5,000 codes in three languages is about 2 MB
Marks = dict[str, tuple[int, int]]


def read_yaml(text: str | bytes, shape: type[T]) -> T:
    """The document in `text` as a `shape`; `TextRefused` with every fault found."""
    return read_placed(text, shape)[0]


def read_placed(text: str | bytes, shape: type[T]) -> tuple[T, Marks]:
    """The document in `text` as a `shape`, and where each of its parts stands."""
    document, marks = read_marked(text)
    try:
        return msgspec.convert(document, shape, strict=False), marks
    except msgspec.ValidationError as error:
        raise TextRefused([_fault_at(str(error), marks)]) from error


def read_marked(text: str | bytes) -> tuple[Any, Marks]:
    """Plain values, and for each path such as `$.modules[0].code` its (line, column) from 1."""
    if len(text) > TEXT_BYTES:
        raise TextRefused([Fault(0, 0, sentence("the file has more than {limit} bytes", limit=TEXT_BYTES))])
    try:
        content = text.decode("utf-8-sig") if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        raise TextRefused([Fault(0, 0, sentence("byte {at} is not UTF-8", at=error.start))]) from error
    from wire.yaml_nodes import read_nodes  # noqa: PLC0415  # late: PyYAML is a megabyte that a running agent spares

    return read_nodes(content)


def mark_of(path: str, marks: Marks) -> tuple[int, int]:
    """The place of `path`, or of the nearest parent that the file has."""
    while path not in marks and len(path) > 1:
        path = path[: max(path.rfind("."), path.rfind("["))]
    return marks.get(path, (0, 0))


_PATH = re.compile(r"(?P<problem>.*?)(?: - at `(?P<path>[^`]*)`)?", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>[^`]*)`")
_MISSING = re.compile(r"Object missing required field `(?P<key>[^`]*)`")


def _fault_at(message: str, marks: Marks) -> Fault:
    """A complaint of msgspec as a fault: `Expected `int` <= 4 - at `$.modules[0].errors[0].level``."""
    match = _PATH.fullmatch(message)
    problem, path = (match["problem"], match["path"] or "$") if match else (message, "$")
    if unknown := _UNKNOWN.fullmatch(problem):
        line, column = marks.get(f"{path}.{unknown['key']}!", mark_of(path, marks))
        return Fault(line, column, sentence("{key} is not known here", key=unknown["key"]))
    line, column = mark_of(path, marks)
    if missing := _MISSING.fullmatch(problem):
        return Fault(line, column, sentence("{key} is missing", key=missing["key"]))
    return Fault(line, column, in_words(problem, path))

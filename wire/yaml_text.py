"""YAML that a person wrote -> a checked struct, with line and column of whatever is wrong.

Catalogue, settings and rules are all read here. PyYAML's safe composer gives nodes with marks;
msgspec checks types and bounds and names the path of its complaint; the path leads back to a mark.
Refused beside syntax errors: a key that stands twice, aliases and merge keys (they can multiply a
small file into gigabytes), tags, unknown keys (a typing error would otherwise be ignored silently).
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec
import yaml

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
    try:
        reader = _Reader(content)
        return reader.document(), reader.marks
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        raise TextRefused([_syntax_fault(error, content)]) from error


def _syntax_fault(error: Exception, content: str) -> Fault:
    """What PyYAML could not read. It lets ValueError and OverflowError out for escapes and versions of huge numbers."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        return Fault(line, column, sentence("not YAML: {problem}", problem=error.problem or error.context))
    if isinstance(error, yaml.reader.ReaderError):
        before = content[: error.position]
        line, column = before.count("\n") + 1, error.position - before.rfind("\n")
        return Fault(
            line, column, sentence("the character {code} is not allowed", code=f"U+{ord(content[error.position]):04X}")
        )
    if isinstance(error, RecursionError):
        return Fault(0, 0, sentence("nested too deeply"))
    return Fault(0, 0, sentence("not YAML: a number in it is too large"))


def mark_of(path: str, marks: Marks) -> tuple[int, int]:
    """The place of `path`, or of the nearest parent that the file has."""
    while path not in marks and len(path) > 1:
        path = path[: max(path.rfind("."), path.rfind("["))]
    return marks.get(path, (0, 0))


_KINDS: dict[type[yaml.Node], set[str]] = {
    yaml.MappingNode: {"map"},
    yaml.SequenceNode: {"seq"},
    yaml.ScalarNode: {"str", "int", "float", "bool", "null", "timestamp", "value", "merge"},
}
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


class _Composer(yaml.SafeLoader):
    """The safe loader without aliases."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose one node; an alias is an error with its place."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not allowed", mark)
        return super().compose_node(parent, index)


class _Reader:
    """Walks the node tree once; builds values and remembers where each began.

    A scalar stays the text that stands in the file: `code: 08006` is the code "08006", not a number.
    """

    def __init__(self, content: str) -> None:
        self._loader = _Composer(content)
        self.marks: Marks = {}

    def document(self) -> Any:
        """The one document of the file."""
        try:
            node = self._loader.get_single_node()
        finally:
            self._loader.dispose()
        return None if node is None else self._value(node, "$")

    def _value(self, node: yaml.Node, path: str) -> Any:
        self.marks[path] = _place(node)
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        if kind not in _KINDS[type(node)]:
            raise TextRefused([Fault(*_place(node), sentence("the tag {tag} is not allowed", tag=node.tag))])
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, f"{path}[{at}]") for at, item in enumerate(node.value)]
        return None if kind == "null" else _text(node)

    def _mapping(self, node: yaml.MappingNode, path: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            kind = key_node.tag.removeprefix("tag:yaml.org,2002:")
            if not isinstance(key_node, yaml.ScalarNode) or kind not in _KINDS[yaml.ScalarNode] - {"merge"}:
                raise TextRefused([Fault(*_place(key_node), sentence("a key is not a plain word"))])
            key = _text(key_node)
            if key in result:
                raise TextRefused([Fault(*_place(key_node), sentence("the key {key} stands twice", key=key))])
            result[key] = self._value(value_node, f"{path}.{key}")
            self.marks[f"{path}.{key}!"] = _place(key_node)
        return result


def _text(node: yaml.Node) -> str:
    """A scalar's text. An escape can make half a character, which no encoding can write again."""
    text = str(node.value)
    if _HALF_CHARACTER.search(text):
        raise TextRefused([Fault(*_place(node), sentence("half of a surrogate pair is not a character"))])
    return text


def _place(node: yaml.Node) -> tuple[int, int]:
    return (node.start_mark.line + 1, node.start_mark.column + 1)


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

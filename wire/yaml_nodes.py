"""YAML -> plain values and where each of them stands; the only file that knows PyYAML.

The safe composer gives nodes with marks. Refused beside syntax errors: a key that stands twice, aliases and merge
keys (they can multiply a small file into gigabytes), and tags.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from wire.errors import Fault, TextRefused
from wire.sentence import sentence

Marks = dict[str, tuple[int, int]]


def read_nodes(content: str) -> tuple[Any, Marks]:
    """The document in `content`, and for each path such as `$.modules[0].code` its (line, column) from 1."""
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

"""A sentence on disk or between processes: its English id with its values; who reads it chooses the language."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from wire.sentence import Sentence


class Told(Struct, frozen=True):
    """A sentence on disk."""

    id: str
    values: dict[str, Any] = {}

    def sentence(self) -> Sentence:
        """The sentence again; nested ones too."""
        return Sentence(self.id, {name: _untold(value) for name, value in self.values.items()})


def tell(words: Sentence) -> Told:
    """A sentence as it is written."""
    return Told(words.id, {name: _told(value) for name, value in words.values.items()})


def _told(value: object) -> object:
    if isinstance(value, Sentence):
        return {"id": value.id, "values": {name: _told(inner) for name, inner in value.values.items()}}
    return value if isinstance(value, int | float | str | bool) else str(value)


def _untold(value: object) -> object:
    if isinstance(value, dict) and isinstance(value.get("id"), str) and isinstance(value.get("values"), dict):
        return Sentence(value["id"], {name: _untold(inner) for name, inner in value["values"].items()})
    return value

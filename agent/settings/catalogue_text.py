"""A catalogue is read once, however many sources name it and whoever else looks at it.

Reading the YAML of 1,000 codes takes more than half a second and leaves thirteen megabytes of holes in the heap that
no later use fills. So a long one is read and checked in a child (`agent.apart`), which gives it back as JSON.
A child that fails says nothing: the text is read here then, where the faults are told.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import msgspec

from agent.apart import made_apart
from agent.told import Told, tell
from wire.catalogue import read_catalogue
from wire.catalogue.model import Catalogue
from wire.errors import Fault
from wire.yaml_text import TEXT_BYTES

APART_BYTES: Final = 20_000  # a shorter text is read faster than a child is made


class _Read(msgspec.Struct, frozen=True):
    """What the child gives back: the warnings as (line, column, sentence)."""

    catalogue: Catalogue
    warnings: list[tuple[int, int, Told]]


@lru_cache(maxsize=16)
def read_once(text: bytes) -> tuple[Catalogue, tuple[Fault, ...]]:
    """As `read_catalogue`, remembered by content; what is refused is read again."""
    raw = made_apart(lambda: _encoded(text), most=4 * TEXT_BYTES) if len(text) > APART_BYTES else None
    if raw is None:
        catalogue, warnings = read_catalogue(text)
        return catalogue, tuple(warnings)
    read = msgspec.json.decode(raw, type=_Read)
    return read.catalogue, tuple(Fault(line, column, told.sentence()) for line, column, told in read.warnings)


def _encoded(text: bytes) -> bytes:
    catalogue, warnings = read_catalogue(text)
    told = [(fault.line, fault.column, tell(fault.problem)) for fault in warnings]
    return msgspec.json.encode(_Read(catalogue, told))

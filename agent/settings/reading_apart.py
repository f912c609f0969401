"""The settings as a running agent reads them: in a child, which is gone with PyYAML and all that reading leaves behind.

A child that fails says nothing: the file is read here then, where the faults are told.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from agent.apart import made_apart
from agent.settings.catalogue_text import digests_of, remember
from agent.settings.model import Settings
from agent.settings.reading import Loaded, read_settings
from agent.told import Told, tell
from wire.catalogue.model import Catalogue
from wire.errors import Fault

MOST_BYTES: Final = 64_000_000


class _Read(msgspec.Struct, frozen=True):
    """What the child gives back: catalogues by path with their digests, warnings as (line, column, sentence)."""

    settings: Settings
    catalogues: dict[str, tuple[bytes, Catalogue]]
    warnings: list[tuple[int, int, Told]]


def read_settings_apart(path: Path, *, catalogues_needed: bool = True) -> Loaded:
    """As `read_settings`, with its errors."""
    made = made_apart(lambda: _encoded(read_settings(path, catalogues_needed=catalogues_needed)), most=MOST_BYTES)
    try:
        read = None if made is None else msgspec.json.decode(made, type=_Read)
    except msgspec.ValidationError:  # a path that was made absolute may be longer than one that is written
        read = None
    if read is None:
        return read_settings(path, catalogues_needed=catalogues_needed)
    catalogues = {name: remember(digest, catalogue) for name, (digest, catalogue) in read.catalogues.items()}
    return Loaded(read.settings, catalogues, [Fault(line, at, told.sentence()) for line, at, told in read.warnings])


def _encoded(loaded: Loaded) -> bytes:
    placed = dict(zip(loaded.catalogues, digests_of(loaded.catalogues.values()), strict=True))
    catalogues = {path: (digest, loaded.catalogues[path]) for path, digest in placed.items()}
    warnings = [(fault.line, fault.column, tell(fault.problem)) for fault in loaded.warnings]
    return msgspec.json.encode(_Read(loaded.settings, catalogues, warnings))

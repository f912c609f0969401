"""A catalogue is read once, however many sources name it and whoever else looks at it.

Reading the YAML of 1,000 codes takes more than a second and leaves ten megabytes of holes in the heap; the settings
check a catalogue, and the scanner is made of the same bytes a moment later.
"""

from __future__ import annotations

from functools import lru_cache

from wire.catalogue import read_catalogue
from wire.catalogue.model import Catalogue
from wire.errors import Fault


@lru_cache(maxsize=16)
def read_once(text: bytes) -> tuple[Catalogue, tuple[Fault, ...]]:
    """As `read_catalogue`, remembered by content; what is refused is read again."""
    catalogue, warnings = read_catalogue(text)
    return catalogue, tuple(warnings)

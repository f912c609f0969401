"""A catalogue is read once, however many sources name it and whoever else looks at it.

Reading the YAML of 1,000 codes takes more than half a second and leaves thirteen megabytes of holes in the heap that
no later use fills. So a long one is read and checked in a child (`agent.apart`), which gives it back as JSON.
A child that fails says nothing: the text is read here then, where the faults are told. It is remembered as long as
anybody uses it, by its digest: the text itself would be the larger part of what is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final
from weakref import WeakValueDictionary

from agent.apart import made_apart
from wire.catalogue import read_catalogue
from wire.catalogue.model import Catalogue
from wire.catalogue.reading import decode_catalogue, encode_catalogue
from wire.yaml_text import TEXT_BYTES

APART_BYTES: Final = 20_000  # a shorter text is read faster than a child is made

_READ: Final[WeakValueDictionary[bytes, Catalogue]] = WeakValueDictionary()


def read_once(text: bytes) -> Catalogue:
    """As `read_catalogue` without its warnings; what is refused is read again."""
    digest = hashlib.sha256(text).digest()
    catalogue = _READ.get(digest)
    if catalogue is None:
        catalogue = _READ[digest] = _read(text)
    return catalogue


def digests_of(catalogues: Iterable[Catalogue]) -> list[bytes]:
    """Under which digests these, which were read here, are remembered."""
    known = {id(catalogue): digest for digest, catalogue in _READ.items()}
    return [known[id(catalogue)] for catalogue in catalogues]


def remember(digest: bytes, catalogue: Catalogue) -> Catalogue:
    """What a child has read of a text with this digest, or what is known of it already."""
    return _READ.setdefault(digest, catalogue)


def _read(text: bytes) -> Catalogue:
    is_long = len(text) > APART_BYTES
    made = made_apart(lambda: encode_catalogue(read_catalogue(text)[0]), most=4 * TEXT_BYTES) if is_long else None
    return read_catalogue(text)[0] if made is None else decode_catalogue(made)

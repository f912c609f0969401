"""Why a host takes nothing in from its vendor, or believes nothing of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

from tuf.api.exceptions import (
    BadVersionNumberError,
    LengthOrHashMismatchError,
    RepositoryError,
    UnsignedMetadataError,
)
from tuf.api.serialization import DeserializationError

from wire.sentence import Sentence, sentence


class Fault(StrEnum):
    """Why nothing was taken in, or nothing can be read."""

    NO_ROOT = "no_root"
    ROOT_THERE = "root_there"
    UNREACHABLE = "unreachable"
    INCOMPLETE = "incomplete"
    SIGNATURE = "signature"
    ROLLBACK = "rollback"
    MIXED = "mixed"
    MALFORMED = "malformed"
    EXPIRED = "expired"
    STORE = "store"


_LASTING: Final = frozenset({Fault.NO_ROOT, Fault.ROOT_THERE, Fault.STORE})
_FAULTS: Final[Sequence[tuple[type[Exception], Fault]]] = (
    (UnsignedMetadataError, Fault.SIGNATURE),
    (BadVersionNumberError, Fault.ROLLBACK),
    (LengthOrHashMismatchError, Fault.MIXED),
    (DeserializationError, Fault.MALFORMED),
    (RepositoryError, Fault.MALFORMED),
    (FileNotFoundError, Fault.INCOMPLETE),
    (OSError, Fault.UNREACHABLE),
)


class VendorRefused(Exception):
    """Nothing was taken in or can be read; what was believed before stays as it is."""

    def __init__(self, fault: Fault, why: Sentence) -> None:
        super().__init__(str(why))
        self.fault = fault
        self.why = why

    @property
    def is_temporary(self) -> bool:
        """Whether a later refresh may succeed without anybody touching this host."""
        return self.fault not in _LASTING


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Whatever the library and the source refuse becomes our refusal."""
    try:
        yield
    except (RepositoryError, OSError) as error:
        fault = next(fault for kind, fault in _FAULTS if isinstance(error, kind))
        words = sentence("the vendor's metadata are refused ({fault}): {problem}", fault=fault, problem=str(error))
        raise VendorRefused(fault, words) from error


def unstored(error: OSError) -> VendorRefused:
    """The disk or the rights on it are in the way."""
    words = sentence("the vendor's metadata cannot be stored: {problem}", problem=error.strerror or str(error))
    return VendorRefused(Fault.STORE, words)

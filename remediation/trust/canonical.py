r"""Reading TUF metadata and the bytes that their signatures cover: the library's, several times as fast.

Canonical JSON has sorted keys, no white space, only `"` and `\` escaped, and no fractions. The
standard library's encoder, written in C, gives the same text for a value without fractions in which
it escapes nothing. Fractions are refused while reading; where the text has a backslash, the library
that the signers use has the word.
"""

from __future__ import annotations

import json
from typing import Any, Final

from securesystemslib.exceptions import FormatError
from securesystemslib.formats import encode_canonical
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata
from tuf.api.serialization import DeserializationError, MetadataDeserializer

_encode: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


class ExactDeserializer(MetadataDeserializer):
    """As the library's, and without fractions: no signature can cover one."""

    def deserialize(self, raw_data: bytes) -> Metadata[Any]:
        """The metadata in `raw_data`; `DeserializationError` for anything else."""
        try:
            return Metadata.from_dict(json.loads(raw_data, parse_float=_refuse, parse_constant=_refuse))
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
            raise DeserializationError("Failed to deserialize JSON") from error


def canonical_bytes(value: dict[str, Any]) -> bytes:
    """The canonical form of a value without fractions; `RepositoryError` where there is none."""
    try:
        text = _encode(value)
        if "\\" in text:
            text = encode_canonical(value) or ""
        return text.encode()
    except (ValueError, TypeError, RecursionError, FormatError) as error:
        raise RepositoryError(f"no canonical form: {error}") from error


def _refuse(number: str) -> None:
    raise ValueError(f"metadata hold whole numbers only, not {number}")

"""Which host this is: a small file in the executor's own folder, written when the host is enrolled or set up.

Documents are compared with this file, never with anything that a request says about itself. The public
keys in it are those that audit heads are checked with: the host's own, and the collector's receipt key.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from remediation.durable import write_durably
from remediation.trust.targets import PublicKeyText
from wire.envelope import AgentId
from wire.fields import Name

FILE_NAME: Final = "place.json"


class PlaceFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file's content, version 1."""

    version: Annotated[int, Meta(ge=1, le=1)] = 1
    site: Name
    host: AgentId
    host_key: PublicKeyText
    receipt_key: PublicKeyText


class PlaceUnknown(Exception):
    """There is no such file, or it cannot be read: no document is for this host."""


def read_place(folder: Path) -> PlaceFile:
    """The place of this host; `PlaceUnknown` otherwise."""
    path = folder / FILE_NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=PlaceFile)
    except FileNotFoundError as error:
        raise PlaceUnknown(f"there is no file {path}") from error
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PlaceUnknown(f"{path}: {error}") from error


def save_place(folder: Path, place: PlaceFile) -> None:
    """Write the file durably."""
    write_durably(folder / FILE_NAME, msgspec.json.format(msgspec.json.encode(place), indent=2) + b"\n")

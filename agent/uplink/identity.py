"""Who this host is to its collector: one private file, written in one step.

Name, site, collector's address, pinned receipt key and the host's own private key stand together, so
that there is never a key without a name. Before the collector has answered, the key waits in a file
of its own: an enrolment that is cut off after the collector's yes can be repeated with the same key.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta, Struct

from agent.durable import flush_folder, write_durably
from wire.envelope import AgentId
from wire.errors import Malformed
from wire.fields import Name
from wire.keys import (
    generate_key,
    key_id,
    load_private,
    load_public,
    private_pem,
    public_bytes,
)

if TYPE_CHECKING:
    from wire.keys import Ed25519PrivateKey, Ed25519PublicKey

FILE_NAME: Final = "identity.json"
PENDING_NAME: Final = "enrol.key"


class IdentityFile(Struct, frozen=True, kw_only=True):
    """The file's content, version 1."""

    version: Annotated[int, Meta(ge=1, le=1)] = 1
    agent: AgentId
    site: Name
    collector: str
    receipt_key: str
    interval_s: Annotated[float, Meta(ge=0.1, le=86_400)]
    private_key: str


@dataclass(frozen=True)
class Identity:
    """An enrolled host."""

    agent: str
    site: str
    collector: str
    interval_s: float
    key: Ed25519PrivateKey
    key_id: str
    receipt_key: Ed25519PublicKey
    receipt_key_id: str


class IdentityBroken(Exception):
    """The identity file exists and cannot be used."""


def read_identity(state: Path) -> Identity | None:
    """The identity in the state folder, None before enrolment; `IdentityBroken` if it cannot be used."""
    try:
        raw = (state / FILE_NAME).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise IdentityBroken(f"{state / FILE_NAME}: {error.strerror}") from error
    try:
        content = msgspec.json.decode(raw, type=IdentityFile)
        key = load_private(content.private_key.encode())
        receipt_key = load_public(content.receipt_key)
    except (msgspec.DecodeError, UnicodeDecodeError, Malformed) as error:
        raise IdentityBroken(f"{state / FILE_NAME}: {error}") from error
    return Identity(
        agent=content.agent,
        site=content.site,
        collector=content.collector,
        interval_s=content.interval_s,
        key=key,
        key_id=key_id(public_bytes(key)),
        receipt_key=receipt_key,
        receipt_key_id=key_id(public_bytes(receipt_key)),
    )


def save_identity(state: Path, content: IdentityFile) -> None:
    """Write the identity durably, then drop the waiting key."""
    write_durably(state / FILE_NAME, msgspec.json.format(msgspec.json.encode(content), indent=2))
    forget_pending(state)


def forget_pending(state: Path) -> None:
    """Drop the key that waits."""
    (state / PENDING_NAME).unlink(missing_ok=True)
    flush_folder(state)


def pending_key(state: Path) -> Ed25519PrivateKey:
    """The key to enrol with: the one of an enrolment that was cut off, else a new one, on disk before it is used."""
    path = state / PENDING_NAME
    try:
        return load_private(path.read_bytes())
    except (FileNotFoundError, Malformed):
        key = generate_key()
        write_durably(path, private_pem(key))
        return key


def stamp(state: Path) -> tuple[int, int] | None:
    """What changes when the identity does; None while there is none."""
    try:
        found = (state / FILE_NAME).stat()
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns)

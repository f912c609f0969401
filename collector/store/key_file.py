"""The receipt key in the state directory: made once, readable by its owner only.

Two processes may start at the same time on an empty directory (`site add` beside `serve`): each
writes a whole file under a name of its own and links it into place; the first link wins and both
read that one.
"""

from __future__ import annotations

import os
from pathlib import Path

from collector.errors import StoreRefused
from wire.errors import Malformed
from wire.keys import Ed25519PrivateKey, generate_key, load_private, private_pem
from wire.sentence import sentence

NAME = "receipt-key.pem"
PRIVATE = 0o600


def receipt_key(folder: Path, unique: str) -> Ed25519PrivateKey:
    """The key in `folder`, made if there is none; `unique` is random text for a temporary name."""
    path = folder / NAME
    try:
        if not path.exists():
            _make(path, unique)
        return load_private(path.read_bytes())
    except OSError as error:
        raise StoreRefused(
            sentence("the receipt key {path} cannot be used: {problem}", path=path, problem=error.strerror)
        ) from error
    except Malformed as error:
        raise StoreRefused(
            sentence(
                "the receipt key {path} is damaged; restore it from a backup, or every agent must enrol again",
                path=path,
            )
        ) from error


def _make(path: Path, unique: str) -> None:
    temporary = path.with_name(f".{NAME}.{unique}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(private_pem(generate_key()))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
        _sync_folder(path.parent)
    finally:
        temporary.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

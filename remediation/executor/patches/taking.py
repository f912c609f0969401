"""The new files of a patch into the executor's own folder: copied first, and only the copy counts.

Whoever brings them (the agent over a network, a person with a stick) is believed in nothing. What is copied is opened
once, follows no link, and is never longer than the manifest says; it gets its name when its SHA-256 is the signed one.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

from remediation.durable import PRIVATE_FILE, PRIVATE_FOLDER, flush_folder
from remediation.patch.errors import PatchRefused
from remediation.patch.manifest import Payload
from wire.sentence import sentence

PIECE: Final = 1 << 20


def take_file(source: Path, fields: Payload, target: Path) -> None:
    """Take what lies at `source`, all of it. `PatchRefused` when it is not what was signed, or cannot be kept."""
    try:
        handle = os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise PatchRefused(
            sentence("{path} cannot be read: {reason}", path=str(source), reason=error.strerror or str(error))
        ) from error
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_size != fields.size_bytes:
        os.close(handle)
        raise PatchRefused(sentence("{path} is not the file that was signed", path=str(source)))
    with os.fdopen(handle, "rb") as opened:
        take(opened, fields, target)


def take(source: BinaryIO, fields: Payload, target: Path) -> None:
    """Take `fields.size_bytes` bytes from where `source` stands. `PatchRefused`, and `target` is as it was."""
    target.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.new")
    fresh.unlink(missing_ok=True)
    try:
        _copy(source, fields, fresh)
        fresh.replace(target)
        flush_folder(target.parent)
    except OSError as error:
        raise PatchRefused(
            sentence("the files cannot be kept: {problem}", problem=error.strerror or str(error))
        ) from error
    finally:
        fresh.unlink(missing_ok=True)


def _copy(source: BinaryIO, fields: Payload, fresh: Path) -> None:
    out = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_FILE)
    digest, left = hashlib.sha256(), fields.size_bytes
    with os.fdopen(out, "wb") as copy:
        while left and (piece := source.read(min(PIECE, left))):
            left -= len(piece)
            digest.update(piece)
            copy.write(piece)
        if left or digest.hexdigest() != fields.sha256:
            raise PatchRefused(sentence("what came is not what was signed"))
        copy.flush()
        os.fsync(out)

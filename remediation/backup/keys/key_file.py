"""The key as a file on the host: the four lines of the sheet, readable by root and the backup alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from remediation.backup.errors import TargetRefused
from remediation.backup.keys.spelling import Misspelt, fingerprint, read_key, spell_key
from remediation.durable import flush_folder, write_durably, write_once
from wire.sentence import sentence

HEAD: Final = "# Sitewarden backup key {name}. Who has it can read the whole backup. `backup keys sheet` prints it.\n"


def write_key(path: Path, key: bytes) -> None:
    """Keep a new key; never over another one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_once(path, _content(key))
        flush_folder(path.parent)
    except FileExistsError as error:
        words = sentence("{path} holds a key already; without it the backup made so far cannot be read", path=path)
        raise TargetRefused(words) from error
    except OSError as error:
        raise TargetRefused(
            sentence("{path} cannot be written: {problem}", path=path, problem=error.strerror)
        ) from error


def replace_key(path: Path, key: bytes) -> None:
    """Put a key in the place of another one, which the caller has made useless."""
    write_durably(path, _content(key))


def _content(key: bytes) -> bytes:
    return (HEAD.format(name=fingerprint(key)) + spell_key(key) + "\n").encode()


def load_key(path: Path) -> bytes:
    """The key in the file; `TargetRefused` when others may read it, or it is none."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        words = sentence(
            "the key {path} cannot be read: {problem}; `backup keys init` makes one", path=path, problem=error.strerror
        )
        raise TargetRefused(words) from error
    with os.fdopen(handle) as file:
        if os.fstat(handle).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise TargetRefused(sentence("the key {path} is open to others than its owner; chmod 600", path=path))
        try:
            return read_key(file.read())
        except (Misspelt, UnicodeDecodeError) as error:
            raise TargetRefused(sentence("{path} is no key: {problem}", path=path, problem=str(error))) from error

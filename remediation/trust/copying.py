"""A published repository from one folder to another: whole or not at all, as a reader sees it.

Nothing is verified here; whoever reads verifies. Names are strict, sizes have a limit, links are not
followed, and timestamp.json comes last: until then a reader sees what was there before. An older
repository is refused, because every host would refuse it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from remediation.durable import flush_folder, write_durably
from remediation.trust.published import (
    BUNDLE_FILE,
    FILE_BYTES,
    METADATA_FOLDER,
    TARGETS_FOLDER,
    TIMESTAMP_FILE,
    Unfetched,
    folder_fetcher,
    is_published_name,
)
from wire.sentence import Sentence, sentence

_LAST = f"{METADATA_FOLDER}/{TIMESTAMP_FILE}"
_READABLE = 0o644


class CopyRefused(Exception):
    """Nothing was taken over; the sentence says why."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


class _Signed(Struct):
    version: int


class _Timestamp(Struct):
    signed: _Signed


def copy_published(source: Path, target: Path) -> int:
    """Copy; the version of the timestamp. `CopyRefused`, and a reader of `target` sees no difference."""
    names = _names(source)
    if _LAST not in names:
        raise CopyRefused(sentence("{path} holds no published repository", path=source))
    try:
        new = _version(source)
        old = _version(target) if (target / _LAST).exists() else 0
        if new < old:
            words = sentence("{path} has version {new}, older than {old}, which is here", path=source, new=new, old=old)
            raise CopyRefused(words)
        for folder in (METADATA_FOLDER, TARGETS_FOLDER):
            (target / folder).mkdir(parents=True, exist_ok=True)
        fetch = folder_fetcher(source)
        for name in [*sorted(names - {_LAST}), _LAST]:
            write_durably(target / name, fetch(name, FILE_BYTES), mode=_READABLE)
        _forget(target, names)
    except OSError as error:
        words = sentence("{path} cannot be taken over: {problem}", path=source, problem=error.strerror or str(error))
        raise CopyRefused(words) from error
    return new


def _names(folder: Path) -> set[str]:
    found = (path.relative_to(folder).as_posix() for path in folder.glob("*/*"))
    return {name for name in found if is_published_name(name)}


def _version(folder: Path) -> int:
    raw = folder_fetcher(folder)(_LAST, FILE_BYTES)
    try:
        return msgspec.json.decode(raw, type=_Timestamp).signed.version
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unfetched(f"{TIMESTAMP_FILE} is broken") from error


def _forget(folder: Path, kept: set[str]) -> None:
    """What was published before stays for readers under way; a bundle of before is over."""
    if f"{METADATA_FOLDER}/{BUNDLE_FILE}" not in kept:
        (folder / METADATA_FOLDER / BUNDLE_FILE).unlink(missing_ok=True)
        flush_folder(folder / METADATA_FOLDER)

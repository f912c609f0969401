"""Published patches from one folder into another, for a collector to serve; nothing is verified, hosts do that.

A file appears whole under its name or not at all. What is not a bundle with a manifest of its name is refused: every
host would refuse it.
"""

from __future__ import annotations

import filecmp
import hashlib
from pathlib import Path
from typing import Final

from remediation.durable import flush_folder
from remediation.patch.bundle import copy_off, open_bundle
from remediation.patch.errors import PatchRefused
from remediation.patch.pieces import FOLDER, is_file_name
from wire.sentence import sentence

READABLE: Final = 0o644
COMING: Final = "coming.new"


def copy_patches(source: Path, target: Path) -> int:
    """Copy the bundles of `source`/patches that `target` has not; how many there are. `PatchRefused`, `OSError`."""
    found = sorted(path for path in (source / FOLDER).glob("*") if is_file_name(path.name))
    if found:
        (target / FOLDER).mkdir(parents=True, exist_ok=True)
    for path in found:
        there = target / FOLDER / path.name
        if not (there.exists() and filecmp.cmp(path, there, shallow=False)):
            _copy(path, there)
    return len(found)


def _copy(path: Path, there: Path) -> None:
    coming = there.with_name(COMING)
    coming.unlink(missing_ok=True)
    try:
        copy_off(path, coming)
        manifest = open_bundle(coming).manifest_raw
        if hashlib.sha256(manifest).hexdigest() != path.stem:
            raise PatchRefused(sentence("{path} holds another patch than its name says", path=str(path)))
        coming.chmod(READABLE)
        coming.replace(there)
        flush_folder(there.parent)
    finally:
        coming.unlink(missing_ok=True)

"""The vendor's published repository -> the manifests of its patches, verified as far as a collector can.

A collector has no root of its own: it begins from the oldest one that was published here, so that what is shown is
whole and signed by one vendor all the way down, but it cannot know that it is the right vendor. That is
enough for showing and planning. A host verifies everything from its own root before it does anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from tuf.api.exceptions import RepositoryError

from collector.errors import CollectorError
from remediation.patch.errors import PatchRefused
from remediation.patch.manifest import Manifest
from remediation.patch.reading import read_manifest
from remediation.trust import verified
from remediation.trust.blobs import blob
from remediation.trust.published import FILE_BYTES, METADATA_FOLDER, PRODUCT_ROLE, TIMESTAMP_FILE, folder_fetcher
from remediation.trust.refusal import VendorRefused, translated
from remediation.trust.targets import PATCHES
from remediation.trust.verified import Verified
from wire.sentence import sentence

PATCHES_MOST: Final = 2_000  # of all products


class Unreadable(CollectorError):
    """What was published cannot be believed; the sentence says why."""


@dataclass(frozen=True)
class Published:
    """A patch as it stands in the repository."""

    manifest: Manifest
    body: bytes
    digest: str


class Shelf(NamedTuple):
    """Every patch that is published, and what was left out with the reason."""

    patches: list[Published]
    left_out: list[str]


def stamp_of(folder: Path) -> str:
    """What changes with every publication; empty when nothing is published."""
    try:
        return hashlib.sha256(folder_fetcher(folder)(f"{METADATA_FOLDER}/{TIMESTAMP_FILE}", FILE_BYTES)).hexdigest()
    except OSError:
        return ""


def read_shelf(folder: Path) -> Shelf:
    """The patches in the published layout below `folder`; `Unreadable` when its signatures do not hold."""
    fetch = folder_fetcher(folder)
    try:
        with translated():
            chain = verified.verify(_oldest_root(folder), [fetch], fetch)
            for role in sorted(chain.trusted.snapshot.meta):
                name = role.removesuffix(".json")
                if name.startswith(PRODUCT_ROLE):
                    verified.take_role(chain, name, [fetch])
    except VendorRefused as refused:
        raise Unreadable(refused.why) from refused
    shelf = Shelf([], [])
    for path in list(_patch_paths(chain))[:PATCHES_MOST]:
        _take(shelf, chain, path, folder)
    return shelf


def _oldest_root(folder: Path) -> bytes:
    found = (folder / METADATA_FOLDER).glob("*.root.json")
    roots = sorted(int(path.name.partition(".")[0]) for path in found if path.name.partition(".")[0].isdecimal())
    if not roots:
        raise Unreadable(sentence("no root is published here"))
    try:
        return folder_fetcher(folder)(f"{METADATA_FOLDER}/{roots[0]}.root.json", FILE_BYTES)
    except OSError as error:
        raise Unreadable(sentence("no root is published here")) from error


def _patch_paths(chain: Verified) -> Iterator[str]:
    for role, signed in sorted(chain.products.items()):
        prefix = f"{role.removeprefix(PRODUCT_ROLE)}/{PATCHES}/"
        yield from sorted(path for path in signed.targets if path.startswith(prefix) and path.endswith(".json"))


def _take(shelf: Shelf, chain: Verified, path: str, folder: Path) -> None:
    try:
        body = blob(chain, path, [folder_fetcher(folder)])
        manifest = read_manifest(body or b"")
    except (OSError, RepositoryError, PatchRefused) as error:
        shelf.left_out.append(f"{path}: {error}")
        return
    if path != f"{manifest.product}/{PATCHES}/{manifest.id}.json":
        shelf.left_out.append(f"{path}: it says that it is {manifest.product}/{manifest.id}")
        return
    shelf.patches.append(Published(manifest, body or b"", hashlib.sha256(body or b"").hexdigest()))

"""A built bundle and a published repository -> the bundle that hosts take: with the metadata that vouch for it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from remediation.durable import flush_folder
from remediation.patch.bundle import Bundle, open_bundle, write_bundle
from remediation.patch.errors import PatchRefused
from remediation.patch.vouching import check_vouched
from remediation.trust import blobs, verified
from remediation.trust.published import (
    FILE_BYTES,
    METADATA_FOLDER,
    PRODUCT_ROLE,
    TARGETS_FOLDER,
    Fetch,
    blob_name,
    folder_fetcher,
    is_published_name,
)
from remediation.trust.refusal import VendorRefused, translated

FIRST_ROOT: Final = f"{METADATA_FOLDER}/1.root.json"
PATCHES_FOLDER: Final = "patches"
PIECE: Final = 1 << 20
READABLE: Final = 0o644


def vouching_files(published: Path) -> dict[str, bytes]:
    """What a host needs of a published repository, by name: all roots after the first, the newest of every other role.

    All products are there: a host that takes the bundle in loses none of those that it keeps. `PatchRefused`.
    """
    fetch = folder_fetcher(published)
    try:
        with translated():
            chain = verified.verify(fetch(FIRST_ROOT, FILE_BYTES), [fetch], fetch, with_bundle=True)
            delegations = chain.trusted.targets.delegations
            for role in sorted((delegations.roles or {}) if delegations else {}):
                if role.startswith(PRODUCT_ROLE) and is_published_name(f"{METADATA_FOLDER}/1.{role}.json"):
                    verified.take_role(chain, role, [fetch])
            targets = dict(_targets(chain, fetch))
    except VendorRefused as refused:
        raise PatchRefused(refused.why) from refused
    return {f"{METADATA_FOLDER}/{name}": raw for name, raw in chain.files.items()} | targets


def _targets(chain: verified.Verified, fetch: Fetch) -> Iterator[tuple[str, bytes]]:
    for path in blobs.paths(chain):
        raw = blobs.blob(chain, path, [fetch])
        if raw is not None:
            yield f"{TARGETS_FOLDER}/{blob_name(path, hashlib.sha256(raw).hexdigest())}", raw


def seal(bundle: Bundle, published: Path, now: datetime) -> Path:
    """Write the bundle with its metadata to `patches/DIGEST.swpatch` of what is published; its path. `PatchRefused`.

    The digest is that of the manifest: what a customer approves.
    """
    files = vouching_files(published)
    folder = published / PATCHES_FOLDER
    folder.mkdir(exist_ok=True)
    path = folder / f"{hashlib.sha256(bundle.manifest_raw).hexdigest()}.swpatch"
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    try:
        with fresh.open("xb") as out:
            _write(out, bundle, files)
        sealed = open_bundle(fresh)
        check_vouched(sealed, folder_fetcher(published)(FIRST_ROOT, FILE_BYTES), now)
        if (payload := sealed.payload()) is not None:
            payload.check()
        fresh.chmod(READABLE)
        fresh.replace(path)
        flush_folder(folder)
    finally:
        fresh.unlink(missing_ok=True)
    return path


def _write(out: BinaryIO, bundle: Bundle, files: dict[str, bytes]) -> None:
    payload = bundle.manifest.payload
    if payload is None or bundle.payload_at is None:
        write_bundle(out, bundle.manifest_raw, files, None)
    else:
        with bundle.path.open("rb") as source:
            source.seek(bundle.payload_at)
            write_bundle(out, bundle.manifest_raw, files, (payload.size_bytes, _pieces(source, payload.size_bytes)))
    out.flush()
    os.fsync(out.fileno())


def _pieces(source: BinaryIO, size: int) -> Iterator[bytes]:
    while size and (piece := source.read(min(PIECE, size))):
        size -= len(piece)
        yield piece

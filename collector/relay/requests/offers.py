"""Which actions the vendor's folder names for a product: to show, and for nothing else.

The collector cannot verify them and need not: who signs a request verifies the actions at the desk, and
the host verifies them again. What is broken or missing here is shown as no actions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from remediation.trust.published import (
    FILE_BYTES,
    METADATA_FOLDER,
    PRODUCT_ROLE,
    SNAPSHOT,
    TARGETS_FOLDER,
    TIMESTAMP_FILE,
    Fetch,
    blob_name,
    folder_fetcher,
)
from remediation.trust.targets import Actions, actions_path, read_actions
from wire.errors import TextRefused


def offered_actions(folder: Path, product: str) -> Actions | None:
    """The product's actions in the published layout below `folder`; None when nothing usable is there."""
    fetch = folder_fetcher(folder)
    role = f"{PRODUCT_ROLE}{product}"
    path = actions_path(product)
    try:
        stamp = _metadata(fetch, TIMESTAMP_FILE)
        snapshot = _metadata(fetch, f"{_version(stamp, SNAPSHOT)}.{SNAPSHOT}.json")
        targets = _metadata(fetch, f"{_version(snapshot, role)}.{role}.json")
        digest = str(targets["targets"][path]["hashes"]["sha256"])
        actions = read_actions(fetch(f"{TARGETS_FOLDER}/{blob_name(path, digest)}", FILE_BYTES))
    except (OSError, KeyError, TypeError, ValueError, RecursionError, TextRefused):
        return None
    return actions if actions.product == product else None


def _metadata(fetch: Fetch, name: str) -> Any:
    """The part of a metadata file that is signed, unverified."""
    return msgspec.json.decode(fetch(f"{METADATA_FOLDER}/{name}", FILE_BYTES))["signed"]


def _version(signed: Any, role: str) -> int:
    return int(signed["meta"][f"{role}.json"]["version"])

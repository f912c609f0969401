"""The bytes of targets: which ones a host reads, and that they are what the role says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from tuf.api.exceptions import LengthOrHashMismatchError

from remediation.trust.published import FILE_BYTES, PRODUCT_ROLE, TARGETS_FOLDER, Fetch, blob_name
from remediation.trust.targets import ROSTER_PATH, actions_path, catalogue_path, is_patch_path
from remediation.trust.verified import Verified


def paths(chain: Verified) -> Iterator[str]:
    """The targets that this host reads."""
    if ROSTER_PATH in chain.trusted.targets.targets:
        yield ROSTER_PATH
    for role, signed in chain.products.items():
        product = role.removeprefix(PRODUCT_ROLE)
        yield from (path for path in (catalogue_path(product), actions_path(product)) if path in signed.targets)
        yield from (path for path in signed.targets if path.startswith(f"{product}/") and is_patch_path(path))


def is_vouched(chain: Verified, path: str, content: bytes) -> bool:
    """Whether the role of the product in `path` names exactly this content."""
    signed = chain.products.get(PRODUCT_ROLE + path.partition("/")[0])
    target = signed.targets.get(path) if signed is not None else None
    if target is None or target.length != len(content):
        return False
    return target.hashes.get("sha256") == hashlib.sha256(content).hexdigest()


def blob(chain: Verified, path: str, sources: Sequence[Fetch], *, is_needed: bool = True) -> bytes | None:
    """The bytes of a target from the first source where they are what the role says."""
    product = path.partition("/")[0]
    signed = chain.trusted.targets if path == ROSTER_PATH else chain.products[PRODUCT_ROLE + product]
    target = signed.targets[path]
    sha256 = target.hashes.get("sha256")
    if sha256 is None:
        raise LengthOrHashMismatchError(f"{path} has no SHA-256")
    if target.length > FILE_BYTES:
        raise LengthOrHashMismatchError(f"{path} has more than {FILE_BYTES} bytes")
    problem: Exception = FileNotFoundError(path)
    for source in sources:
        try:
            raw = source(f"{TARGETS_FOLDER}/{blob_name(path, sha256)}", target.length)
            target.verify_length_and_hashes(raw)
        except (OSError, LengthOrHashMismatchError) as error:
            problem = error
        else:
            return raw
    if is_needed:
        raise problem
    return None

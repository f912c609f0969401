"""Whose files have to be here soon, pure: of patches that are asked for and approved, as far as the papers say.

Nothing is verified here. A stolen collector can lay any papers on the shelf, and reaches with them that the files of
a patch of this vendor, of the size that the vendor signed, lie in a folder for a while.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Final

from agent.courier.sorting import Sorted, Way, approvals_for
from remediation.trust.targets import PATCH_DIGEST
from wire.documents.envelope import decode_envelope
from wire.documents.model import ActionRequest, read_document

MOST: Final = 4  # patches at a time
DIGEST_CHARS: Final = 64


def wanted_patches(documents: Sequence[Sorted], awaited: Collection[str], now: datetime) -> list[str]:
    """Digests of the manifests. `awaited`: digests of requests that wait for nothing but the files."""
    return list(dict.fromkeys(_wanted(documents, awaited, now)))[:MOST]


def named_patches(documents: Sequence[Sorted], now: datetime) -> list[str]:
    """Digests of all manifests that requests name, approved or not: the vendor's word about them should be here."""
    requests = [each for each in documents if each.way is Way.REQUEST]
    found = (_digest(each) for each in requests if each.not_after is None or now < each.not_after)
    return [digest for digest in dict.fromkeys(found) if digest]


def _wanted(documents: Sequence[Sorted], awaited: Collection[str], now: datetime) -> Iterator[str]:
    requests = [each for each in documents if each.way is Way.REQUEST]
    for request in sorted(requests, key=lambda each: each.digest not in awaited):
        is_over = request.not_after is not None and now >= request.not_after
        if not is_over and (request.digest in awaited or approvals_for(request, documents)):
            digest = _digest(request)
            if digest:
                yield digest


def _digest(request: Sorted) -> str:
    """Of the manifest that this request names; empty for other actions."""
    asked = read_document(decode_envelope(request.raw))
    digest = asked.parameters.get(PATCH_DIGEST, "") if isinstance(asked, ActionRequest) else ""
    return digest if len(digest) == DIGEST_CHARS else ""

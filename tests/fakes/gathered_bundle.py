"""An executor that has gathered a bundle: its pieces in memory, and what it was told."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from remediation.executor.client import ExecutorRefused, NoExecutor
from remediation.executor.model import BundleIndex, BundleNoted, Piece
from remediation.executor.questions import Became

REQUEST = "ab" * 32
PERSONAL = "900101-1234568"


@dataclass
class GatheredBundle:
    """What the agent asks of an executor about bundles; `step` is how much one answer holds, in bytes."""

    files: Mapping[str, bytes]
    is_automatic: bool = False
    is_there: bool = True
    step: int = 7
    told: list[tuple[str, str | None]] = field(default_factory=list)

    def bundle_index(self, digest: str) -> BundleIndex:
        self._answer(digest)
        pieces = [
            Piece("file", path, len(content), len(content), hashlib.sha256(content).hexdigest())
            for path, content in self.files.items()
        ]
        left_out = Piece("file", f"/logs/{PERSONAL}.log", problem="a link")
        return BundleIndex(digest=digest, ticket="T-1", pieces=[*pieces, left_out], is_automatic=self.is_automatic)

    def bundle_piece(self, digest: str, number: int, offset: int) -> bytes:
        self._answer(digest)
        return list(self.files.values())[number][offset : offset + self.step]

    def bundle_note(self, digest: str, became: Became, sha256: str | None = None) -> BundleNoted:
        self._answer(digest)
        is_new = (became, sha256) not in self.told
        self.told.append((became, sha256))
        return BundleNoted(is_new=is_new)

    def _answer(self, digest: str) -> None:
        if not self.is_there:
            raise NoExecutor("nobody")
        if digest != REQUEST:
            raise ExecutorRefused("no_bundle: not here")

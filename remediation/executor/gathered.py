"""What the executor tells of bundles: to the ticket, over the socket, and in the audit chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from remediation.executor.bundles import Bundles, NotGathered
from remediation.executor.journal import Journal
from remediation.executor.model import BundleIndex, BundleNoted, BundlePiece
from remediation.executor.questions import BundleIndexRequest, BundleNoteRequest, BundlePieceRequest
from remediation.executor.requests import Missing, Peer, Refused
from remediation.trust.policy_file import Policy


def listed(index: BundleIndex) -> str:
    """One line for each piece."""
    lines = [
        f"{piece.path}: left out: {piece.problem}"
        if piece.problem
        else f"{piece.path}: {piece.kept} bytes" + (f" of {piece.size}" if piece.is_cut else "")
        for piece in index.pieces
    ]
    return "\n".join(lines)


def record_gathered(journal: Journal, index: BundleIndex) -> None:
    """Each piece with its hash into the chain."""
    pieces = [msgspec.to_builtins(piece) for piece in index.pieces]
    journal.note_bundle({"became": "gathered", "digest": index.digest, "ticket": index.ticket, "pieces": pieces})


class BundleDoor:
    """What may be asked about bundles. `policy` loads the local one, or raises: then a person releases."""

    def __init__(self, bundles: Bundles, journal: Journal, policy: Callable[[], Policy]) -> None:
        self._bundles = bundles
        self._journal = journal
        self._policy = policy

    def index(self, request: BundleIndexRequest, peer: Peer) -> BundleIndex:  # noqa: ARG002  # the shape of an operation
        """What a bundle holds, and who lets it leave."""
        with _refusals():
            index = self._bundles.index(request.digest)
        return msgspec.structs.replace(index, is_automatic=self._is_automatic())

    def piece(self, request: BundlePieceRequest, peer: Peer) -> BundlePiece:  # noqa: ARG002  # the shape of an operation
        """Some raw bytes."""
        with _refusals():
            return self._bundles.piece(request.digest, request.number, request.offset)

    def note(self, request: BundleNoteRequest, peer: Peer) -> BundleNoted:
        """Record it once, then delete what is raw: after a crash in between the agent says it again."""
        with _refusals():
            is_new = self._bundles.mark(request.digest, request.became)
        if is_new:
            body = {"became": request.became, "digest": request.digest, "asked_by_uid": peer.uid}
            self._journal.note_bundle(body | ({"sha256": request.sha256} if request.sha256 else {}))
        self._bundles.forget_raw(request.digest)
        return BundleNoted(is_new=is_new)

    def _is_automatic(self) -> bool:
        try:
            return self._policy().release_bundles == "automatically"
        except Missing:
            return False


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except NotGathered as failure:
        raise Refused("no_bundle", str(failure)) from failure

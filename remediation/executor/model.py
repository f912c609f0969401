"""What the executor tells about itself over the socket."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from wire.documents.heads import AuditHead

COLLECT: Final = "collect"  # the step of a result that a bundle belongs to


class ExecutorState(Struct, frozen=True, kw_only=True):
    """For `status`. `isolation` is whether the executor runs as somebody else than those whom it serves."""

    pid: int
    isolation: bool
    site: str
    host: str
    policy_problem: str = ""
    vendor_problem: str = ""
    vendor_warnings: list[str] = []
    approvers: int = 0
    records: int = 0
    torn_bytes: int = 0
    unknown_outcomes: int = 0  # since this start: found unfinished


class HeadGiven(Struct, frozen=True, kw_only=True):
    """The chain as it is now. `secured` is the size of the newest countersigned head that is kept.

    `proof`: what proves that the chain has only grown since then (hashes, RFC 6962).
    """

    head: AuditHead
    secured: int = 0
    proof: list[str] = []


class Piece(Struct, frozen=True):
    """One file or output of a bundle. `kept`: bytes that were gathered of `size`; `problem`: why none were."""

    source: Literal["file", "output"]
    path: str
    size: int = 0
    kept: int = 0
    sha256: str = ""  # of what was gathered
    is_cut: bool = False
    problem: str = ""


class BundleIndex(Struct, frozen=True, kw_only=True):
    """A bundle as it was gathered. `is_automatic`: by the local policy it is released without a person."""

    digest: str
    ticket: str
    pieces: list[Piece]
    is_automatic: bool = False


class BundlePiece(Struct, frozen=True, kw_only=True):
    """Some bytes of a piece; fewer than the limit of an answer are its last."""

    content: bytes


class BundleNoted(Struct, frozen=True, kw_only=True):
    """What became of a bundle stands in the audit chain; not `is_new` when it stood there before."""

    is_new: bool


class Stopped(Struct, frozen=True, kw_only=True):
    """A revocation or decline was taken in; `names` is what it stops."""

    names: str
    is_new: bool

"""Fetches the files of patches from the collector, piece by piece, before their time has come.

Theory of operation
-------------------
1. Wanted is what is asked for and approved, what the executor waits for, and what `patch fetch` wishes for.
2. What such a patch consists of stands in its manifest, and the manifest in metadata that the vendor's signatures
   cover: size and SHA-256 are known before the first byte is asked for. A patch that is not there is not fetched;
   the metadata are asked for anew first.
3. One piece a turn, behind what is here. A cut, a restart or a collector that goes away costs the piece under way.
4. A piece of any other length than it has to have, and a whole with another SHA-256, are refused, counted and
   deleted; the next try waits a minute, then twice as long each time, up to six hours.
5. What is whole lies there for the executor, which copies it and believes nothing of what is said here.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final, Protocol

from agent.courier.shelf import Shelf
from agent.payloads.shelf import PayloadShelf, Wanted
from agent.payloads.wanting import named_patches, wanted_patches
from agent.settings.model import Settings
from agent.status import PatchFiles
from agent.told import tell
from agent.uplink.delivery import Luck
from agent.uplink.identity import Identity
from agent.uplink.port import Transport
from agent.vendor.fetching import CollectorSource
from remediation.patch.errors import PatchRefused
from remediation.patch.pieces import Piece, size_at
from remediation.trust.published import NotThere, Unfetched
from wire.sentence import Sentence, sentence

LOOK_S: Final = 10.0
RETRY_S: Final = 30.0
ABSENT_S: Final = 300.0
STRIKE_S: Final = 60.0
STRIKE_MOST_S: Final = 6 * 3_600.0
RESERVE_BYTES: Final = 256_000_000  # of the disk that stay free, beside the executor's own copy

_log = logging.getLogger("sitewarden")


class Patches(Protocol):
    """What this host believes of its vendor's patches (agent.vendor.task)."""

    def find_patch(self, digest: str) -> bytes | None:
        """The manifest with this SHA-256; None where the vendor vouches for none."""

    def hurry(self) -> None:
        """Ask for newer metadata soon."""


class PayloadTask:
    """One turn fetches at most one piece. `awaited`: requests that wait for files; `on_here` hears of whole ones."""

    def __init__(
        self,
        settings: Settings,
        *,
        connect: Callable[[Settings], Transport],
        identity: Callable[[], Identity | None],
        luck: Luck,
        patches: Patches,
        awaited: Callable[[], Collection[str]],
        on_here: Callable[[], None],
        free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    ) -> None:
        self.settings = settings
        self._connect = connect
        self._identity = identity
        self._luck = luck
        self._patches = patches
        self._awaited = awaited
        self._on_here = on_here
        self._free_bytes = free_bytes
        state = Path(settings.state)
        self._documents, self._shelf = Shelf(state), PayloadShelf(state)
        self._transport: Transport | None = None
        self._known: dict[str, Wanted | None] = {}  # by digest of the manifest; None: it has no files
        self._wanted: list[Wanted] = []
        self._look_at = 0.0
        self._again_at: dict[str, float] = {}
        self._strikes: dict[str, int] = {}
        self.state = PatchFiles()

    def turn(self) -> float:
        """Seconds until the next turn."""
        now_s = self._luck.monotonic()
        if now_s >= self._look_at:
            self._look_at = now_s + LOOK_S
            self._look()
        identity = self._identity()
        for wanted in self._wanted:
            is_due = now_s >= self._again_at.get(wanted.sha256, now_s)
            if identity is not None and is_due and not self._shelf.is_here(wanted):
                return self._fetch(wanted, identity)
        self._hang_up()
        return LOOK_S

    def look_now(self) -> None:
        """Something came: look in the next turn."""
        self._look_at = 0.0

    def _look(self) -> None:
        now = self._luck.now()
        documents = self._documents.documents()
        digests = wanted_patches(documents, self._awaited(), now)
        for digest in named_patches(documents, now):
            self._find(digest)  # who is asked to approve it has to see what it is
        found = [self._find(digest) for digest in dict.fromkeys([*digests, *self._shelf.wishes(now)])]
        self._wanted = [wanted for wanted in found if wanted is not None]
        kept = {wanted.sha256 for wanted in self._wanted}
        self._shelf.tidy(kept)
        self._again_at = {sha256: at for sha256, at in self._again_at.items() if sha256 in kept}
        if not self._wanted:
            self.state = PatchFiles(refused=self.state.refused)

    def _find(self, digest: str) -> Wanted | None:
        if digest not in self._known:
            raw = self._patches.find_patch(digest)
            if raw is None:
                self._patches.hurry()
                return None
            self._known[digest] = _wanted(digest, raw)
        return self._known[digest]

    def _fetch(self, wanted: Wanted, identity: Identity) -> float:
        position = self._shelf.position(wanted)
        try:
            if position < wanted.size:
                self._check_room(wanted, position)
                content = self._piece(wanted, position, identity)
                if len(content) != size_at(position, wanted.size):
                    return self._refuse(wanted, f"a piece of {len(content)} bytes at {position} of {wanted.size}")
                self._shelf.append(wanted, content)
                position += len(content)
            if position >= wanted.size:
                return self._finish(wanted)
        except NotThere:
            words = sentence("the collector has no files of the patch {patch}", patch=wanted.patch)
            return self._later(wanted, words, ABSENT_S)
        except Unfetched as failure:
            return self._later(wanted, sentence("{problem}", problem=str(failure)), RETRY_S)
        except OSError as error:
            self._shelf.drop(wanted)  # a full disk is the customer's
            problem = error.strerror or str(error)
            return self._later(wanted, sentence("the files cannot be kept: {problem}", problem=problem), ABSENT_S)
        self._tell(wanted, position)
        return 0.0

    def _piece(self, wanted: Wanted, position: int, identity: Identity) -> bytes:
        if self._transport is None:
            self._transport = self._connect(self.settings)
        source = CollectorSource(self._transport, identity, self._luck.now, self._luck.nonce)
        return source.fetch_piece(Piece(wanted.digest, position))

    def _check_room(self, wanted: Wanted, position: int) -> None:
        free = self._free_bytes(Path(self.settings.state))
        needed = 2 * wanted.size - position + RESERVE_BYTES
        if free < needed:
            raise OSError(f"{free // 10**6} MB are free, {needed // 10**6} MB are needed")

    def _finish(self, wanted: Wanted) -> float:
        if not self._shelf.finish(wanted):
            return self._refuse(wanted, "the whole is not what the vendor has signed")
        _log.info("the files of the patch %s are here", wanted.patch)
        self._tell(wanted, wanted.size)
        self._strikes.pop(wanted.sha256, None)
        self._on_here()
        return 0.0

    def _refuse(self, wanted: Wanted, what: str) -> float:
        self._shelf.drop(wanted)
        strikes = self._strikes[wanted.sha256] = self._strikes.get(wanted.sha256, 0) + 1
        self.state = PatchFiles(refused=self.state.refused + 1)
        words = sentence("what came of the patch {patch} is refused: {problem}", patch=wanted.patch, problem=what)
        _log.warning("%s", words)
        return self._later(wanted, words, min(STRIKE_MOST_S, STRIKE_S * 2 ** (min(strikes, 20) - 1)))

    def _later(self, wanted: Wanted, problem: Sentence, wait_s: float) -> float:
        self._again_at[wanted.sha256] = self._luck.monotonic() + wait_s
        self._tell(wanted, self._shelf.position(wanted), problem)
        self._hang_up()
        return 0.0 if len(self._wanted) > 1 else min(wait_s, LOOK_S)

    def _tell(self, wanted: Wanted, position: int, problem: Sentence | None = None) -> None:
        self.state = PatchFiles(
            patch=wanted.patch,
            digest=wanted.digest,
            here_bytes=position,
            all_bytes=wanted.size,
            refused=self.state.refused,
            problem=tell(problem) if problem is not None else None,
        )

    def _hang_up(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None


def _wanted(digest: str, raw: bytes) -> Wanted | None:
    from remediation.patch.reading import read_manifest  # noqa: PLC0415  # late: most hosts have no patch on its way

    try:
        manifest = read_manifest(raw)
    except PatchRefused:
        return None
    if manifest.payload is None or hashlib.sha256(raw).hexdigest() != digest:
        return None
    return Wanted(manifest.id, digest, manifest.payload.sha256, manifest.payload.size_bytes)

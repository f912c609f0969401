"""What this host believes of its vendor: fetched by TUF, kept durably, read back without a network.

Theory of operation
-------------------
A folder of its own, in the published layout (remediation.trust.published), so that another process
of this host can take it as its source:

    root.json                the first root: from the package or by the administrator, never by a network
    metadata/, targets/      what was verified last
    marks.json               the newest versions ever believed

`refresh` verifies everything in memory, then writes targets, then versioned metadata, then
timestamp.json (which makes the rest current), then the marks, each flushed. A crash in between leaves
the set from before or the new one. `load` verifies what is stored from the first root down, every
time it has changed; refuses what lies below the marks; and raises the marks before it answers.
So nothing older than what was ever acted on is believed again, whatever happens to the files.

What has expired cannot be taken in as new. What is stored stays readable when it expires:
`Vendor.is_expired` is set, which pauses changes; catalogues go on to be used.

Each role says when it was made. The newest of these times is a floor for this host's clock
(`Vendor.time_floor`): a clock that was set back before it cannot bring an old approval back to life.

A bundle (a year's word for sites without a network) is heard only where `is_bundle_accepted`: on a
host with a network it would let a stolen collector freeze the host for a year.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from tuf.api.metadata import Targets

from remediation.trust import blobs as blobs_of
from remediation.trust import verified
from remediation.trust.decision import Vendor
from remediation.trust.kept import Kept
from remediation.trust.published import (
    FILE_BYTES,
    METADATA_FOLDER,
    PRODUCT_ROLE,
    ROOT,
    SNAPSHOT,
    TIMESTAMP,
    TIMESTAMP_FILE,
    Fetch,
    blob_name,
    folder_fetcher,
    is_published_name,
)
from remediation.trust.refusal import Fault, VendorRefused, translated
from remediation.trust.targets import (
    ROSTER_PATH,
    Actions,
    Roster,
    actions_path,
    catalogue_path,
    read_actions,
    read_roster,
)
from remediation.trust.verified import Verified
from wire.errors import TextRefused
from wire.sentence import Sentence, sentence

__all__ = ["Fault", "VendorRefused", "VendorRepository"]

OFFLINE_WARNING_DAYS: Final = (7, 30, 90)
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
ONLINE_WARNING_DAYS: Final = (7,)  # snapshot and timestamp live a month


@dataclass(frozen=True)
class _Held:
    """Verified metadata with the targets that were read with them."""

    chain: Verified
    blobs: dict[str, bytes] = field(default_factory=dict)  # by path
    is_whole: bool = True  # False when the store lacks something that the source may have

    def product(self, name: str) -> Targets | None:
        return self.chain.products.get(PRODUCT_ROLE + name)


class VendorRepository:
    """The vendor's repository as this host keeps it.

    `products`: which to keep; None for those that the source has. `fetch(name, most)` gives the bytes of
    a published file; FileNotFoundError where there is none, another OSError where it may be had later.
    """

    def __init__(
        self, folder: Path, fetch: Fetch, *, products: frozenset[str] | None = None, is_bundle_accepted: bool = False
    ) -> None:
        self._kept = Kept(folder)
        self._fetch = fetch
        self._local = folder_fetcher(folder)
        self.products = products
        self.is_bundle_accepted = is_bundle_accepted
        self._held: _Held | None = None
        self._stamp: object = None
        self._loader = verified.Loader()

    @property
    def has_root(self) -> bool:
        """Whether there is a first root."""
        return self._kept.has_root

    def install_root(self, root: bytes) -> int:
        """Trust this root from now on; its version. Another one is refused: a root changes by rotation only."""
        with translated():
            version = verified.anchored(root).root.version
        if not self.has_root:
            self._kept.install(root)
        elif self._kept.anchor() != root:
            words = sentence("this host has another vendor root already; it changes by rotation only")
            raise VendorRefused(Fault.ROOT_THERE, words)
        return version

    def refresh(self, now: datetime) -> None:
        """Take in what the source has; `VendorRefused` and nothing is changed."""
        anchor = self._kept.anchor()
        sources = (self._local, self._fetch)
        with translated():
            if self._is_newest():
                _check_fresh(self._current().chain, now)
                return
            chain = verified.verify(
                anchor, sources, self._fetch, with_bundle=self.is_bundle_accepted, loader=self._loader
            )
            is_whole = self._take_products(chain, sources, may_lack=self.products is None)
        self._kept.check_marks(chain)
        _check_fresh(chain, now)
        with translated():
            blobs = {path: blobs_of.blob(chain, path, sources) for path in blobs_of.paths(chain)}
        held = _Held(chain, {path: raw for path, raw in blobs.items() if raw is not None}, is_whole=is_whole)
        named = {blob_name(path, hashlib.sha256(raw).hexdigest()): raw for path, raw in held.blobs.items()}
        self._kept.store(chain.files, named)
        self._kept.raise_marks(chain)
        self._held, self._stamp = held, self._look()

    def load(self, now: datetime) -> Vendor:
        """What the stored, verified metadata say; `VendorRefused` when there is nothing to believe."""
        held = self._current()
        roster = held.blobs.get(ROSTER_PATH)
        try:
            engineers = Roster(version=1, engineers=[]) if roster is None else read_roster(roster)
        except TextRefused as refused:
            words = sentence("the vendor's roster is not usable: {problem}", problem=str(refused))
            raise VendorRefused(Fault.MALFORMED, words) from refused
        return Vendor(
            roster=engineers,
            actions=dict(_actions(held)),
            is_expired=any(at <= now for at in held.chain.expiries().values()),
            time_floor=made_at - CLOCK_TOLERANCE if (made_at := held.chain.made_at()) else None,
        )

    def catalogue(self, product: str) -> bytes | None:
        """The product's catalogue, None when the vendor publishes none for it; also after it has expired."""
        held = self._current()
        return held.blobs.get(catalogue_path(product)) if held.product(product) is not None else None

    def vouches_for(self, path: str, content: bytes) -> bool:
        """Whether the vendor publishes exactly this content as the product's target `path`; also after it has expired.

        This is what makes a patch's manifest authentic, wherever its bytes came from.
        """
        return blobs_of.is_vouched(self._current().chain, path, content)

    def published_products(self) -> list[str]:
        """Products that the vendor speaks for, as far as they are kept here."""
        return sorted(role.removeprefix(PRODUCT_ROLE) for role in self._current().chain.products)

    def root_version(self) -> int:
        """The version of the root that is believed."""
        return self._current().chain.root.version

    def expires_at(self) -> datetime:
        """When the first part of what is believed expires."""
        return min(self._current().chain.expiries().values())

    def warnings(self, now: datetime) -> list[Sentence]:
        """What expires within 90, 30, 7 days, or has; one sentence a role."""
        found = []
        for role, at in sorted(self._current().chain.expiries().items()):
            days = (at - now).total_seconds() / 86_400
            steps = ONLINE_WARNING_DAYS if role in {SNAPSHOT, TIMESTAMP} else OFFLINE_WARNING_DAYS
            if days <= 0:
                found.append(
                    sentence(
                        "what the vendor signed as {role} expired on {date}: new changes pause, watching goes on",
                        role=role,
                        date=at.date(),
                    )
                )
            elif (step := next((step for step in steps if days <= step), None)) is not None:
                found.append(
                    sentence(
                        "what the vendor signed as {role} expires within {days} days, on {date}: then changes pause",
                        role=role,
                        days=step,
                        date=at.date(),
                    )
                )
        return found

    def _current(self) -> _Held:
        """What is stored, verified again if it has changed since."""
        stamp = self._look()
        if self._held is None or stamp != self._stamp:
            anchor = self._kept.anchor()
            sources = (self._local,)
            with translated():
                chain = verified.verify(
                    anchor, sources, self._local, with_bundle=self.is_bundle_accepted, loader=self._loader
                )
                is_whole = self._take_products(chain, sources, may_lack=True)
                blobs = {path: blobs_of.blob(chain, path, sources, is_needed=False) for path in blobs_of.paths(chain)}
            self._kept.check_marks(chain)
            self._kept.raise_marks(chain)
            found = {path: raw for path, raw in blobs.items() if raw is not None}
            self._held = _Held(chain, found, is_whole=is_whole and len(found) == len(blobs))
            self._stamp = stamp
        return self._held

    def _verify(self, anchor: bytes, sources: Sequence[Fetch], newest: Fetch) -> Verified:
        """Verify; what this process has verified already, byte for byte under the same keys, holds."""
        is_with, loader = self.is_bundle_accepted, self._loader
        return verified.verify(anchor, sources, newest, with_bundle=is_with, loader=loader)

    def _is_newest(self) -> bool:
        """Whether the source has what this process has verified already: the usual case, and nearly free."""
        if self._held is None or not self._held.is_whole or self._stamp != self._look() or self.is_bundle_accepted:
            return False
        chain = self._held.chain
        try:
            self._fetch(f"{METADATA_FOLDER}/{chain.root.version + 1}.{ROOT}.json", FILE_BYTES)
        except FileNotFoundError:
            name = f"{METADATA_FOLDER}/{TIMESTAMP_FILE}"
            return self._fetch(name, verified.TIMESTAMP_BYTES) == chain.files[TIMESTAMP_FILE]
        return False

    def _take_products(self, chain: Verified, sources: Sequence[Fetch], *, may_lack: bool) -> bool:
        """Verify the wanted products' roles; whether all were there. One that may lack is left out then."""
        is_whole = True
        for role in self._wanted(chain):
            try:
                verified.take_role(chain, role, sources)
            except FileNotFoundError:
                is_whole = False
                if not may_lack:
                    raise
        return is_whole

    def _look(self) -> object:
        return self._kept.stamp(), self.products, self.is_bundle_accepted

    def _wanted(self, chain: Verified) -> list[str]:
        """Roles of the wanted products."""
        delegations = chain.trusted.targets.delegations
        roles = (delegations.roles or {}) if delegations else {}
        names = [name for name in roles if name.startswith(PRODUCT_ROLE) and _is_name(name)]
        return [name for name in names if self.products is None or name.removeprefix(PRODUCT_ROLE) in self.products]


def _is_name(role: str) -> bool:
    return is_published_name(f"{METADATA_FOLDER}/1.{role}.json")


def _actions(held: _Held) -> Iterator[tuple[str, tuple[str, Actions]]]:
    """Usable actions by product. A file that is not usable, or of another product, is as if absent."""
    for role in held.chain.products:
        product = role.removeprefix(PRODUCT_ROLE)
        raw = held.blobs.get(actions_path(product))
        if raw is None:
            continue
        with contextlib.suppress(TextRefused):
            actions = read_actions(raw)
            if actions.product == product:
                yield product, (hashlib.sha256(raw).hexdigest(), actions)


def _check_fresh(chain: Verified, now: datetime) -> None:
    for role, at in sorted(chain.expiries().items()):
        if at <= now:
            words = sentence("{role} has expired on {date}; the vendor has to sign it anew", role=role, date=at.date())
            raise VendorRefused(Fault.EXPIRED, words)

"""Keeps the vendor's metadata fresh and its catalogues at hand: at the start, then each hour.

A source of the settings may say `catalogue: vendor:his`. Then its catalogue is the file
`catalogues/his.yaml` of the state folder, and only this task writes there: bytes that the vendor's
own signatures cover, for every product, so that new settings find them already there. Whoever holds
the collector can withhold a catalogue and cannot change a letter of it.

When a refresh is refused, what was believed stays in force, and `status` says why.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.durable import make_private_folder, write_durably
from agent.settings.catalogue_names import catalogue_file
from agent.settings.model import Settings
from agent.status import VendorState
from agent.told import Told, tell
from agent.uplink.delivery import Luck
from agent.uplink.identity import Identity
from agent.uplink.port import Transport
from agent.vendor.fetching import CollectorSource
from agent.vendor.places import has_root, open_repository, vendor_folder
from remediation.trust.published import Unfetched
from remediation.trust.refusal import Fault, VendorRefused
from wire.catalogue import read_catalogue
from wire.errors import TextRefused
from wire.sentence import Sentence, sentence

if TYPE_CHECKING:
    from remediation.trust.vendor import VendorRepository

REFRESH_S: Final = 3_600.0
RETRY_S: Final = 300.0
HURRY_S: Final = 60.0  # a document names a patch that is not known here: at most so often
ROOT_LOOK_S: Final = 60.0
ENROLLED_LOOK_S: Final = 2.0

_log = logging.getLogger("sitewarden")


class VendorTask:
    """One turn looks whether a refresh is due. `on_change` is called when a catalogue has changed."""

    def __init__(
        self,
        settings: Settings,
        *,
        connect: Callable[[Settings], Transport],
        identity: Callable[[], Identity | None],
        luck: Luck,
        on_change: Callable[[], None],
    ) -> None:
        self.settings = settings
        self._connect = connect
        self._identity = identity
        self._luck = luck
        self._now = luck.now
        self._monotonic = luck.monotonic
        self._on_change = on_change
        self._transport: Transport | None = None
        self._opened: VendorRepository | None = None
        self._due_at: float | None = None
        self._asked_at: float | None = None
        self._refusal: Sentence | None = None
        self._unusable: dict[str, Sentence] = {}
        self._refreshed_at: datetime | None = None
        self._is_written = False
        self.state = VendorState()

    def change_settings(self, settings: Settings) -> None:
        """Another collector may be named: look at once."""
        self.settings = settings
        if self._opened is not None:
            self._opened.products = _products(settings)
        self._due_at = None
        self._is_written = False

    def turn(self) -> float:
        """Seconds until the next turn."""
        if not has_root(vendor_folder(self.settings)):
            self.state = VendorState()
            return ROOT_LOOK_S
        if not self._is_written:
            self._is_written = True
            self._write_catalogues()
        if self._due_at is None or self._monotonic() >= self._due_at:
            if self._identity() is None:  # nobody asks in our name yet
                self._look()
                return ENROLLED_LOOK_S
            self._refresh()
        self._look()
        return max(0.0, (self._due_at or 0.0) - self._monotonic())

    def find_patch(self, digest: str) -> bytes | None:
        """The manifest with this SHA-256; None where what is believed holds none. For the thread of the turns."""
        if not has_root(vendor_folder(self.settings)):
            return None
        try:
            patches = self._repository.load(self._now()).patches
        except VendorRefused:
            return None
        return next((raw for raw in patches.values() if hashlib.sha256(raw).hexdigest() == digest), None)

    def hurry(self) -> None:
        """Refresh in the next turn, if it is not a minute since the last time."""
        if self._asked_at is None or self._monotonic() - self._asked_at >= HURRY_S:
            self._due_at = None

    @property
    def _repository(self) -> VendorRepository:
        if self._opened is None:
            folder = vendor_folder(self.settings)
            self._opened = open_repository(folder, self._fetch, _products(self.settings))
        return self._opened

    def _refresh(self) -> None:
        self._asked_at = self._monotonic()
        self._transport = self._connect(self.settings)
        try:
            self._repository.refresh(self._now())
        except VendorRefused as refused:
            if str(refused.why) != str(self._refusal):
                _log.warning("the vendor's metadata were not taken in: %s", refused.why)
            self._refusal = refused.why
            self._due_at = self._monotonic() + RETRY_S
        else:
            self._refusal = None
            self._refreshed_at = self._now()
            self._due_at = self._monotonic() + REFRESH_S
            self._write_catalogues()
        finally:
            self._transport.close()
            self._transport = None

    def _fetch(self, name: str, most: int) -> bytes:
        identity = self._identity()
        if self._transport is None or identity is None:
            raise Unfetched(f"{name}: this host is not enrolled")
        return CollectorSource(self._transport, identity, self._luck.now, self._luck.nonce).fetch(name, most)

    def _write_catalogues(self) -> None:
        """Put what is verified where the sources look for it."""
        try:
            products = self._repository.published_products()
        except VendorRefused:
            return  # `_look` tells it
        changed = [product for product in products if self._write_catalogue(product)]
        if changed:
            _log.info("catalogues of the vendor have changed: %s", ", ".join(changed))
            self._on_change()

    def _write_catalogue(self, product: str) -> bool:
        content, problem = self._catalogue(product)
        if problem is None:
            self._unusable.pop(product, None)
        elif str(problem) != str(self._unusable.get(product)):
            self._unusable[product] = problem
            _log.warning("%s", problem)
        if content is None:
            return False
        path = catalogue_file(Path(self.settings.state), product)
        try:
            if path.exists() and path.read_bytes() == content:
                return False
            make_private_folder(path.parent)
            write_durably(path, content)
        except OSError as error:
            _log.warning("the catalogue %s cannot be written: %s", path, error)
            return False
        return True

    def _catalogue(self, product: str) -> tuple[bytes | None, Sentence | None]:
        """What the vendor signed for this product if it can be used, and else why not."""
        try:
            content = self._repository.catalogue(product)
            said = product if content is None else read_catalogue(content)[0].product
        except (VendorRefused, TextRefused) as refused:
            problem = refused.why if isinstance(refused, VendorRefused) else refused.faults[0].problem
            words = sentence(
                "the vendor's catalogue {product} cannot be used: {problem}", product=product, problem=problem
            )
            return None, words
        if said != product:
            words = sentence(
                "the vendor's catalogue {product} is one of {name}; it is not used", product=product, name=said
            )
            return None, words
        return content, None

    def _look(self) -> None:
        told = [*([] if self._refusal is None else [self._refusal]), *self._unusable.values()]
        refusals: list[Told] = [tell(words) for words in told]
        try:
            self.state = VendorState(
                root_version=self._repository.root_version(),
                expires_at=self._repository.expires_at().isoformat(),
                refreshed_at=self._refreshed_at.isoformat(timespec="seconds") if self._refreshed_at else "",
                warnings=[tell(words) for words in self._repository.warnings(self._now())],
                refusals=refusals,
            )
        except VendorRefused as refused:
            if refused.fault is Fault.NO_ROOT:
                self.state = VendorState()
                return
            own = tell(sentence("nothing of the vendor can be read here: {problem}", problem=refused.why))
            self.state = VendorState(is_rooted=True, refusals=[*refusals, own])


def _products(settings: Settings) -> frozenset[str] | None:
    return None if settings.products is None else frozenset(settings.products)

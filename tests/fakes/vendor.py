"""A vendor with keys, a workshop and a published folder: real files, real signatures, a clock of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tuf.api.metadata import Metadata, MetaFile

from remediation.trust import publishing
from remediation.trust.publishing import role_of
from remediation.trust.workshop import Workshop
from tests.builders import NOW
from wire.keys import Ed25519PrivateKey, public_text

ROSTER = "version: 1\nengineers:\n  - {name: Lee, key: %s, classes: [action], not_after: 2027-06-30T00:00:00Z}\n"
ACTIONS = """product: %s
version: "%s"
actions:
  - name: restart-service
    title: {en: Restart, ko: 다시 시작, zh: 重启}
    risk: low
    run: {argv: [/bin/true]}
"""
CATALOGUE = """product: %s
version: "%s"
modules:
  - code: BIL
    name: {en: Billing, ko: 수납, zh: 收费}
    errors:
      - code: BIL-1
        level: 1
        title: {en: It fails, ko: 실패, zh: 失败}
        match:
          - regex: 'ERROR billing'
"""


def a_key(number: int) -> Ed25519PrivateKey:
    """Key number so-and-so, the same in every run."""
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


ENGINEER = a_key(200)


class FakeVendor:
    """Root keys 1, 2, 3 (two of them sign), online key 10, bundle key 20, products' keys from 30."""

    def __init__(self, folder: Path, *, products: tuple[str, ...] = ("his",), now: datetime = NOW) -> None:
        self.folder = folder
        self.out = folder / "published"
        self.now = now
        self.signers = [a_key(1), a_key(2)]
        self.online = a_key(10)
        self.bundle_key = a_key(20)
        self.products = {product: [a_key(30 + at)] for at, product in enumerate(products)}
        roots = [a_key(number).public_key() for number in (1, 2, 3)]
        self.shop.start(roots, self.online.public_key(), self.bundle_key.public_key(), threshold=2)
        self.shop.add("roster.yaml", (ROSTER % public_text(ENGINEER)).encode())
        for product, keys in self.products.items():
            self.shop.delegate(product, [key.public_key() for key in keys], 1)
            self.add_product(product, "1.0")

    @property
    def shop(self) -> Workshop:
        """The workshop at the vendor's time."""
        return Workshop(self.folder / "workshop", self.now)

    def add_product(self, product: str, version: str) -> None:
        """Catalogue and actions of a version."""
        self.shop.add(f"{product}/catalogue.yaml", (CATALOGUE % (product, version)).encode())
        self.shop.add(f"{product}/actions.yaml", (ACTIONS % (product, version)).encode())

    def publish(self) -> None:
        """Everybody signs what waits; then it is published."""
        for key in [*self.signers, *(key for keys in self.products.values() for key in keys)]:
            self.shop.sign(key)
        self.shop.publish(self.out, self.online)

    def release(self, product: str, version: str) -> None:
        """A new version of a product, published."""
        self.add_product(product, version)
        self.publish()

    def later(self, **lapse: Any) -> None:
        """Time passes at the vendor."""
        self.now += timedelta(**lapse)

    def root(self, version: int = 1) -> bytes:
        """A version of root as published."""
        return (self.out / "metadata" / f"{version}.root.json").read_bytes()

    def forge(
        self,
        role: str,
        keys: list[Ed25519PrivateKey],
        change: Callable[[Any], None] | None = None,
        *,
        raise_by: int = 0,
    ) -> None:
        """Replace a role in what is published, signed by `keys`, with what stands above it to match.

        The thief has the published folder and the online key; the vendor's workshop is not touched.
        """
        forge(self.out, role, keys, self.online, change, raise_by=raise_by)


def forge(
    out: Path,
    role: str,
    keys: list[Ed25519PrivateKey],
    online: Ed25519PrivateKey,
    change: Callable[[Any], None] | None = None,
    *,
    raise_by: int = 0,
) -> None:
    """See FakeVendor.forge."""
    folder = out / "metadata"
    stamp = Metadata[Any].from_bytes((folder / "timestamp.json").read_bytes())
    snapshot = Metadata[Any].from_bytes((folder / f"{stamp.signed.snapshot_meta.version}.snapshot.json").read_bytes())
    if role not in {"timestamp", "snapshot"}:
        version = snapshot.signed.meta[f"{role}.json"].version
        metadata = Metadata[Any].from_bytes((folder / f"{version}.{role}.json").read_bytes())
        metadata.signed.version += raise_by
        raw = _resigned(metadata, keys, change)
        (folder / f"{metadata.signed.version}.{role}.json").write_bytes(raw)
        snapshot.signed.meta[f"{role}.json"] = MetaFile.from_data(metadata.signed.version, raw, ["sha256"])
    raw = _resigned(snapshot, keys if role == "snapshot" else [online], change if role == "snapshot" else None)
    (folder / f"{snapshot.signed.version}.snapshot.json").write_bytes(raw)
    stamp.signed.snapshot_meta = MetaFile.from_data(snapshot.signed.version, raw, ["sha256"])
    raw = _resigned(stamp, keys if role == "timestamp" else [online], change if role == "timestamp" else None)
    (folder / "timestamp.json").write_bytes(raw)


def _resigned(metadata: Metadata[Any], keys: list[Ed25519PrivateKey], change: Callable[[Any], None] | None) -> bytes:
    if change is not None:
        change(metadata.signed)
    metadata.signatures.clear()
    for key in keys:
        publishing.sign(metadata, key)
    return metadata.to_bytes()


def product_role(product: str) -> str:
    """The role of a product."""
    return role_of(product)

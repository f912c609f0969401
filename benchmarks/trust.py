"""What believing the vendor costs a host: processor time of a refresh with 10,000 targets in 11 products.

A new release in a new process verifies every file of the host's product; each hour there is usually
nothing new; a host that keeps all products pays for all of them.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tuf.api.metadata import Metadata, TargetFile, Targets

from remediation.trust import publishing
from remediation.trust.published import ROOT, TARGETS, blob_name
from remediation.trust.vendor import VendorRepository
from wire.keys import Ed25519PrivateKey

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=300)
PRODUCTS = 11
TOTAL = 10_000
BUDGET_MS = 20.0
CATALOGUE = b"product: p0\nversion: '1'\nmodules: []\n"

Files = dict[str, bytes]


def a_key(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


def signed(metadata: Metadata[Any], *keys: Ed25519PrivateKey) -> bytes:
    for key in keys:
        publishing.sign(metadata, key)
    return metadata.to_bytes()


def a_role(product: str, count: int, files: Files) -> Targets:
    """A product's catalogue and as many patches as make up the count."""
    role = Targets(version=1, expires=LATER)
    catalogue = publishing.add_target(role, f"{product}/catalogue.yaml", CATALOGUE)
    files[f"targets/{blob_name(catalogue.path, catalogue.hashes['sha256'])}"] = CATALOGUE
    for at in range(count - 1):
        path = f"{product}/patch-{at:04}.swpatch"
        role.targets[path] = TargetFile.from_data(path, path.encode(), ["sha256"])
    return role


def a_repository() -> Files:
    """Published files, as a collector serves them."""
    roots, online = [a_key(1), a_key(2), a_key(3)], a_key(10)
    files: Files = {}
    root = publishing.first_root([key.public_key() for key in roots], 2, online.public_key(), LATER)
    targets = Targets(version=1, expires=LATER)
    versions = {}
    for at in range(PRODUCTS):
        product, key = f"p{at}", a_key(30 + at)
        name = publishing.role_of(product)
        publishing.delegate(targets, name, [key.public_key()], 1)
        count = TOTAL // PRODUCTS + (1 if at < TOTAL % PRODUCTS else 0)
        versions[name] = (1, signed(Metadata(a_role(product, count, files)), key))
    versions[TARGETS] = (1, signed(Metadata(targets), *roots[:2]))
    snapshot = publishing.snapshot_of(versions, None, LATER)
    content = signed(snapshot, online)
    stamp = publishing.timestamp_of(snapshot, content, None, LATER)
    files |= {f"metadata/1.{name}.json": raw for name, (_, raw) in versions.items()}
    files[f"metadata/1.{ROOT}.json"] = signed(Metadata(root), *roots[:2])
    return files | {"metadata/1.snapshot.json": content, "metadata/timestamp.json": signed(stamp, online)}


def a_release(files: Files) -> bool:
    """One product publishes again, with another catalogue; whether it did."""
    name = publishing.role_of("p0")
    role = Metadata[Targets].from_bytes(files[f"metadata/1.{name}.json"])
    role.signed.version = 2
    files[f"metadata/2.{name}.json"] = signed(role, a_key(30))
    snapshot = Metadata[Any].from_bytes(files["metadata/1.snapshot.json"])
    stamp = Metadata[Any].from_bytes(files["metadata/timestamp.json"])
    part = {name: (2, files[f"metadata/2.{name}.json"])}
    newer = publishing.snapshot_of(part, snapshot, LATER)
    content = signed(newer, a_key(10))
    files["metadata/2.snapshot.json"] = content
    files["metadata/timestamp.json"] = signed(publishing.timestamp_of(newer, content, stamp, LATER), a_key(10))
    return True


def cpu_ms(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return (time.process_time() - start) * 1_000


def a_host(folder: Path, files: Files, products: frozenset[str] | None) -> VendorRepository:
    def fetch(name: str, most: int) -> bytes:
        if name not in files:
            raise FileNotFoundError(name)
        assert len(files[name]) <= most, name
        return files[name]

    host = VendorRepository(folder, fetch, products=products)
    host.install_root(files["metadata/1.root.json"])
    return host


def main() -> None:
    files = a_repository()
    role = len(files["metadata/1.product-p0.json"])
    print(f"{TOTAL} targets in {PRODUCTS} products; the metadata of one product have {role // 1_000} kB")
    with tempfile.TemporaryDirectory() as name:
        one = frozenset({"p0"})
        first, hourly = [], []
        for at in range(7):
            host = a_host(Path(name) / str(at), files, one)
            first.append(cpu_ms(lambda host=host: host.refresh(NOW)))  # type: ignore[misc]
            hourly.append(cpu_ms(lambda host=host: host.refresh(NOW)))  # type: ignore[misc]
        whole = a_host(Path(name) / "whole", files, None)
        everything = cpu_ms(lambda: whole.refresh(NOW))
        after = cpu_ms(lambda: whole.refresh(NOW)) if a_release(files) else 0.0
        load = cpu_ms(lambda: a_host(Path(name) / "0", files, one).load(NOW))
    figures = {
        "new release, one product": sorted(first)[3],
        "nothing new (each hour)": sorted(hourly)[3],
        "load in a new process, one product": load,
        "all products, first time in a process": everything,
        "all products, a release of one": after,
    }
    for what, value in figures.items():
        print(f"{what:40} {value:8.1f} ms of processor time")
    worst = max(figures["new release, one product"], figures["nothing new (each hour)"])
    print(f"budget for one product: {BUDGET_MS} ms: {'kept' if worst < BUDGET_MS else 'BROKEN'}")


if __name__ == "__main__":
    main()

"""A console with a ticket, a vendor's published actions behind it, and an engineer's desk beside it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from collector.parts import Parts
from remediation.trust.key_file import write_key_file
from tests.fakes.seeded_console import Seeds, add_people, open_store, parts_of, serving
from tests.fakes.vendor import ENGINEER, FakeVendor

ACTIONS = """product: his
version: "1"
actions:
  - name: free-space
    title: {en: Show the free space, ko: 여유 공간 보기, zh: 查看剩余空间}
    risk: low
    run: {argv: [df, --output=pcent, /]}
  - name: restart-service
    title: {en: Restart a service, ko: 서비스 다시 시작, zh: 重启服务}
    risk: medium
    parameters:
      service: {kind: choice, choices: [his-lis.service, his-bil.service]}
      lines: {kind: number, minimum: 0, maximum: 200}
      unit: {kind: name}
    run: {argv: [systemctl, restart, "{service}"]}
"""


@dataclass
class AskingSite:
    """The running console, the vendor, one ticket of two hosts, and a key file."""

    url: str
    parts: Parts
    seeds: Seeds
    vendor: FakeVendor
    ticket: str
    host: str
    other: str
    key: Path
    root: Path

    def publish(self) -> None:
        """What the vendor has published goes to the collector."""
        served = Path(self.parts.settings.state) / "vendor"
        shutil.rmtree(served, ignore_errors=True)
        shutil.copytree(self.vendor.out, served)


def publishing_vendor(folder: Path, actions: str = ACTIONS) -> FakeVendor:
    """A vendor of `his` who publishes these actions now."""
    folder.mkdir()
    vendor = FakeVendor(folder, products=("his",), now=datetime.now(UTC))
    vendor.shop.add("his/actions.yaml", actions.encode())
    vendor.publish()
    return vendor


@contextmanager
def asking_site(folder: Path) -> Iterator[AskingSite]:
    """Everything below `folder`, by the real clock."""
    vendor = publishing_vendor(folder / "vendor-desk")
    (folder / "state").mkdir()
    store = open_store(folder / "state" / "c.db")
    parts = parts_of(store, now=lambda: datetime.now(UTC))
    add_people(parts)
    seeds = Seeds(store, now=parts.now)
    seeds.site()
    host, other = seeds.host(), seeds.host(hostname="his-db-01")
    ticket = seeds.ticket(agent_id=host)
    seeds.set_ticket(ticket, product="his")
    key, root = folder / "lee.key", folder / "root.json"
    write_key_file(key, ENGINEER, passphrase=None, salt=b"0" * 16)
    root.write_bytes(vendor.root())
    with serving(parts) as url:
        site = AskingSite(url, parts, seeds, vendor, ticket, host, other, key, root)
        site.publish()
        yield site
    store.close()

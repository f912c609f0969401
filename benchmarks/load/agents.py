"""Agents whose keys follow from their numbers, so that servers and senders of one run need no file between them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from tests.fakes.signing_agent import SigningAgent
from wire import keys
from wire.keys import Ed25519PrivateKey
from wire.messages import Disk, Event, Health, Process, TimeOrigin

PRODUCT, CATALOGUE = "clinic", "7"
DISKS, PROCESSES = 12, 6  # with the twelve numbers of the host itself: 12 + 3 * 12 + 2 * 6 = 60


def key_of(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"agent {number}".encode()).digest())


def agent_of(number: int, receipt_key_id: str) -> SigningAgent:
    return SigningAgent(receipt_key_id, key=key_of(number), id=f"agent-{number}")


def key_id_of(number: int) -> str:
    return keys.key_id(keys.public_bytes(key_of(number)))


def health(number: int, turn: int) -> Health:
    """One sample of 60 numbers that move a little from turn to turn."""
    moved = (number * 7 + turn * 13) % 100 / 10
    return Health(
        sampled_at=datetime.now(UTC),
        boot_id="6e3b7f1c-55aa-4f0e-9d3b-2b1d7c1f0a11",
        uptime_s=360_000.0 + turn * 60,
        cpu_percent=10.0 + moved,
        load_1m=0.2 + moved,
        cpu_count=4,
        memory_total_bytes=8_000_000_000,
        memory_used_percent=40.0 + moved,
        swap_used_percent=1.5,
        net_received_bytes=9_000_000_000 + turn * 400_000 + number,
        net_sent_bytes=2_000_000_000 + turn * 90_000 + number,
        disks=[
            Disk(mount=f"/srv/{at}", size_bytes=10**11, used_percent=50.0 + moved, inodes_used_percent=12.5)
            for at in range(DISKS)
        ],
        processes=[
            Process(name=f"clinic-{at}", running=3, rss_bytes=40_000_000 + turn * 4096) for at in range(PROCESSES)
        ],
        agent_rss_bytes=52_000_000,
        agent_cpu_s=100.0 + turn,
    )


def event(event_id: str, code: str, level: int = 1, count: int = 1) -> Event:
    """About 480 bytes, with two lines around it."""
    now = datetime.now(UTC)
    return Event(
        event_id=event_id,
        product=PRODUCT,
        catalogue_version=CATALOGUE,
        module="billing",
        code=code,
        level=level,
        occurred_at=now,
        occurred_from=TimeOrigin.LINE,
        first_at=now,
        last_at=now,
        count=count,
        source="/var/log/clinic/billing.log",
        line_number=120_331,
        text="2026-11-24 10:00:00 ERROR billing: claim refused by the insurer, queue=out order=4711",
        before=["2026-11-24 09:59:59 INFO billing: sending claim 4711"],
    )

"""What a simulated host says: sixty numbers that walk as a server's do, and faults of a product."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from wire.messages import Disk, Event, Health, Process, TimeOrigin

DISKS, PROCESSES = 7, 9  # 3 numbers each; with the 12 of the host and its spool sixty
PRODUCT, MODULE = "clinic", "billing"
MOUNTS = ("/", "/var", "/var/lib/postgresql", "/srv", "/home", "/backup", "/boot")
NAMES = ("postgres", "nginx", "java", "clinic-app", "clinic-sync", "redis-server", "sshd", "cron", "rsyslogd")
LINE = (
    "2026-11-22 10:15:{second:02d},{milli:03d} ERROR [claims-worker-{worker}] c.h.billing.ClaimSender - claim {claim} "
    "was refused by the insurer: connection to 10.20.{worker}.7:8443 timed out after 30000 ms (attempt {attempt})"
)


class Host:
    """One host's state; each look at it differs a little from the one before."""

    def __init__(self, number: int, seed: int) -> None:
        self.chance = random.Random(seed << 32 | number)  # noqa: S311  # repeatable on purpose
        self.number = number
        self.boot_id = f"{self.chance.getrandbits(64):016x}"
        self._cpu, self._memory, self._uptime = self.chance.uniform(2, 40), self.chance.uniform(20, 80), 3_600.0
        self._received, self._sent = self.chance.randrange(10**12), self.chance.randrange(10**12)
        self._disks = [self.chance.uniform(5, 85) for _ in range(DISKS)]

    def health(self, passed_s: float, at: datetime | None = None) -> Health:
        """The host `passed_s` seconds after the last look."""
        chance = self.chance
        self._uptime += passed_s
        self._cpu = min(100.0, max(0.5, self._cpu + chance.gauss(0, 4)))
        self._memory = min(99.0, max(5.0, self._memory + chance.gauss(0, 0.4)))
        self._received += chance.randrange(10_000_000)
        self._sent += chance.randrange(2_000_000)
        full = chance.randrange(DISKS)
        self._disks[full] = min(94.0, self._disks[full] + chance.random() * 0.01)
        return Health(
            sampled_at=at or datetime.now(UTC),
            boot_id=self.boot_id,
            uptime_s=round(self._uptime, 1),
            cpu_percent=round(self._cpu, 1),
            load_1m=round(self._cpu / 25, 2),
            cpu_count=4,
            memory_total_bytes=16_384_000_000,
            memory_used_percent=round(self._memory, 1),
            swap_used_percent=3.1,
            net_received_bytes=self._received,
            net_sent_bytes=self._sent,
            disks=[
                Disk(
                    mount=MOUNTS[at], size_bytes=10**11 * (at + 1), used_percent=round(used, 2), inodes_used_percent=4.2
                )
                for at, used in enumerate(self._disks)
            ],
            processes=[self._process(name) for name in NAMES],
            agent_rss_bytes=62_000_000 + chance.randrange(400_000),
            agent_cpu_s=round(self._uptime / 1_000, 2),
        )

    def _process(self, name: str) -> Process:
        share = self.chance.random() * self._cpu / PROCESSES
        return Process(name=name, running=1 + self.number % 3, rss_bytes=40_000_000 + 4_096 * int(share * 100),
                       cpu_percent=round(share, 1))  # fmt: skip

    def fault(self, count: int, codes: int) -> Event:
        """A fault, one of `codes` that this host has; `count` makes its id."""
        chance, now = self.chance, datetime.now(UTC)
        line = LINE.format(second=now.second, milli=now.microsecond // 1_000, worker=self.number % 250,
                           claim=chance.randrange(10**9), attempt=chance.randint(1, 5))  # fmt: skip
        return Event(
            event_id=f"{self.number:012x}{count:012x}",
            product=PRODUCT,
            catalogue_version="7",
            module=MODULE,
            code=f"CLM-{chance.randrange(codes)}",
            level=2,
            occurred_at=now,
            occurred_from=TimeOrigin.LINE,
            first_at=now,
            last_at=now,
            count=chance.choice((1, 1, 1, 4)),
            fields={"insurer": "nhis", "attempt": str(chance.randint(1, 5))},
            source="/var/log/clinic/claims.log",
            line_number=count,
            text=line,
            after=["java.net.SocketTimeoutException: Connect timed out", "\tat c.h.billing.ClaimSender.send(214)"],
        )

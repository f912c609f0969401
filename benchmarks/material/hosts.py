"""Hosts that are simulated: a day of samples of 60 numbers, with the noise of a machine that works."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from wire.messages import Disk, Health, Process

DAY_S = 86_400
PAGE = 4_096
MOUNTS = ("/", "/var", "/var/log", "/srv/his")
NAMES = ("nginx", "tomcat", "postgres", "redis", "lis-gw", "pacs", "bil", "cron", "sshd", "rsyslog", "mpd", "backup")


class SimulatedHost:
    """A clinic's server with 4 disks and 12 processes; the same for the same seed."""

    def __init__(self, seed: int, began: datetime) -> None:
        self._chance = random.Random(seed)  # noqa: S311  # the same host in every run
        self._at, self._began = began, began
        self._cpu, self._load, self._memory = 20.0, 1.0, 55.0
        self._received, self._sent, self._own_s = 10**10 + seed, 10**9 + seed, 0.0
        self._used = [self._chance.uniform(20, 80) for _ in MOUNTS]
        self._busy = [self._chance.choice((0.05, 0.3, 2.0, 9.0)) for _ in NAMES]
        self._rss = [self._chance.randrange(1_000, 500_000) for _ in NAMES]
        self._own_rss = 15_000

    def samples(self, count: int, every_s: float = 60.0) -> Iterator[Health]:
        """That many samples, one each `every_s`, a little late as a thread is."""
        for _ in range(count):
            yield self._sample(every_s)
            self._at += timedelta(seconds=every_s, microseconds=self._chance.randrange(300, 4_000))

    def _sample(self, every_s: float) -> Health:
        chance, seconds = self._chance, (self._at - self._began).total_seconds()
        busy = 1 + 0.8 * math.sin(2 * math.pi * seconds / DAY_S)  # the day of a clinic
        self._cpu += 0.4 * (22 * busy - self._cpu) + chance.gauss(0, 6)
        self._cpu = min(100.0, max(0.5, self._cpu))
        self._load = max(0.0, 0.6 * self._load + 0.4 * (self._cpu / 20 + chance.gauss(0, 0.4)))
        self._memory = min(98.0, max(5.0, self._memory + chance.gauss(0, 0.25)))
        self._received += round(every_s * busy * chance.lognormvariate(10, 0.8))
        self._sent += round(every_s * busy * chance.lognormvariate(9, 0.8))
        self._own_s += chance.randrange(1, 9) / 100 * every_s / 60
        self._own_rss += chance.choice((0, 0, 0, 0, 0, 1, -1, 12))
        return Health(
            sampled_at=self._at,
            boot_id="6e3b7f1c-3c1a-4a54-9f0e-0f1c7a5d2b11",
            uptime_s=round(1_000_000 + seconds, 2),
            cpu_percent=round(self._cpu, 1),
            load_1m=round(self._load, 2),
            cpu_count=4,
            memory_total_bytes=16_651_460_608,
            memory_used_percent=round(self._memory, 1),
            swap_used_percent=3.2,
            net_received_bytes=self._received,
            net_sent_bytes=self._sent,
            disks=list(self._disks(every_s)),
            processes=list(self._processes(busy)),
            agent_rss_bytes=self._own_rss * PAGE,
            agent_cpu_s=round(self._own_s * 50) / 100 + round(self._own_s * 50) / 100,
        )

    def _disks(self, every_s: float) -> Iterator[Disk]:
        for at, mount in enumerate(MOUNTS):
            self._used[at] += self._chance.gauss(0.0002, 0.004 * (at + 1)) * every_s / 60
            self._used[at] = min(99.0, max(1.0, self._used[at]))
            size = (at + 1) * 53_687_091_200
            yield Disk(
                mount=mount, size_bytes=size, used_percent=round(self._used[at], 1), inodes_used_percent=7.1 + at
            )

    def _processes(self, busy: float) -> Iterator[Process]:
        for at, name in enumerate(NAMES):
            used = max(0.0, self._chance.gauss(self._busy[at] * busy, self._busy[at] * 0.5))
            if self._busy[at] > 1 and self._chance.random() < 0.5:  # what works, allocates
                self._rss[at] = max(500, self._rss[at] + self._chance.randrange(-60, 64))
            yield Process(
                name=name,
                running=1 if at % 3 else 4 + (self._chance.random() < 0.1),
                rss_bytes=self._rss[at] * PAGE,
                cpu_percent=round(used, 1),
            )

"""One health sample from all probes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.health.cpu_memory import read_cpu_memory, read_own_use
from agent.health.disks import DiskProbe
from agent.health.host import read_boot
from agent.health.network import read_network
from agent.health.processes import read_processes
from agent.settings.model import WatchedProcess
from wire.messages import Health

Members = dict[str, frozenset[tuple[int, float]]]


@dataclass(frozen=True)
class Sample:
    """What was measured, and who the watched processes were."""

    health: Health
    members: Members


class Sampler:
    """Takes samples of this host."""

    def __init__(self, session: int = 0, disks: DiskProbe | None = None) -> None:
        self._session = session
        self._disks = disks or DiskProbe()

    def sample(self, watched: Sequence[WatchedProcess], now: datetime) -> Sample:
        """Measure everything once; a few milliseconds, at most the time limit of the disks more."""
        boot_id, uptime_s = read_boot()
        machine = read_cpu_memory()
        received, sent = read_network()
        rss_bytes, cpu_s = read_own_use()
        found = read_processes(watched)
        health = Health(
            sampled_at=now,
            boot_id=boot_id,
            uptime_s=uptime_s,
            cpu_percent=machine.cpu_percent,
            load_1m=machine.load_1m,
            cpu_count=machine.cpu_count,
            memory_total_bytes=machine.memory_total_bytes,
            memory_used_percent=machine.memory_used_percent,
            swap_used_percent=machine.swap_used_percent,
            net_received_bytes=received,
            net_sent_bytes=sent,
            disks=self._disks.sample(),
            processes=[process.sample for process in found],
            agent_rss_bytes=rss_bytes,
            agent_cpu_s=cpu_s,
            session=self._session,
        )
        return Sample(health, {process.sample.name: process.members for process in found})

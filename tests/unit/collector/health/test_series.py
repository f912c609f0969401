from __future__ import annotations

from datetime import timedelta

from collector.health.model import Sample
from collector.health.series import health_of, rated, sample_of
from tests.builders import NOW, a_health
from wire.messages import Disk, Process

FULL = a_health(
    disks=[Disk(mount="/", size_bytes=10, used_percent=41.5), Disk(mount="/a:b", size_bytes=20, used_percent=2.0)],
    processes=[Process(name="lis.gw", running=0), Process(name="x", running=3, rss_bytes=4_096, cpu_percent=1.5)],
    net_sent_bytes=2**53,
    agent_cpu_s=0.1 + 0.2,
)


def test_a_record_comes_back_whole() -> None:
    assert health_of(sample_of(FULL)) == FULL
    assert health_of(sample_of(a_health())) == a_health()


def test_names_of_series() -> None:
    names = sample_of(FULL).values
    assert names["disks.used_percent:/a:b"] == 2.0
    assert names["processes.running:lis.gw"] == 0
    assert "sampled_at" not in names


def test_a_mount_that_is_named_twice_counts_once() -> None:
    twice = a_health(disks=[Disk(mount="/", size_bytes=size, used_percent=1.0) for size in (10, 20)])
    found = health_of(sample_of(twice))
    assert found is not None
    assert [disk.size_bytes for disk in found.disks] == [20]


def test_a_sample_of_another_version_is_no_record() -> None:
    assert health_of(Sample(0, {"cpu_percent": "much"})) is None


def test_counters_become_rates_and_a_restart_none() -> None:
    def sample(second: int, sent: int, boot: str = "a") -> Sample:
        health = a_health(sampled_at=NOW + timedelta(seconds=second), net_sent_bytes=sent, boot_id=boot)
        return sample_of(health)

    numbers = [chart.get("net_sent_bytes/s") for _, chart in rated(
        [sample(0, 100), sample(60, 700), sample(120, 600), sample(180, 1_200), sample(240, 9_000, "b")]
    )]  # fmt: skip
    assert numbers == [None, 10.0, None, 10.0, None]
    assert "net_sent_bytes" not in rated([sample(0, 1)])[0][1], "a counter itself says nothing on a chart"
    assert "boot_id" not in rated([sample(0, 1)])[0][1]

"""What each default probe costs: processor time of one reading with its thread, and of all in percent of a core."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from unittest import mock

import psutil

from agent.health.running import Attempt
from agent.health.table import DEFAULTS
from agent.settings.model import Settings
from tests.fakes.probes import Bare

READINGS = 50
PSUTIL = ("net_io_counters", "swap_memory", "disk_partitions", "virtual_memory", "cpu_percent", "process_iter")


def main() -> None:
    settings, context = Settings(collector="http://127.0.0.1"), Bare()
    total = 0.0
    calls: Counter[str] = Counter()

    def counted(name: str) -> mock._patch[mock.MagicMock]:
        real = getattr(psutil, name)
        return mock.patch.object(psutil, name, side_effect=lambda *a, **k: (calls.update([name]), real(*a, **k))[1])

    for name, make in DEFAULTS.items():
        probe = make(settings, context)
        _read(probe)
        begin = time.process_time()
        for _ in range(READINGS):
            _read(probe)
        cost_s = (time.process_time() - begin) / READINGS
        total += cost_s / probe.interval_s
        calls.clear()
        with counted(PSUTIL[0]), counted(PSUTIL[1]), counted(PSUTIL[2]), counted(PSUTIL[3]), counted(PSUTIL[5]):
            _read(probe)
        asked = ", ".join(f"{count} x psutil.{called}" for called, count in calls.items())
        print(f"{name:15} {cost_s * 1_000:7.2f} ms every {probe.interval_s:6.0f} s  {asked}")
    print(f"all together: {100 * total:.4f} % of one core")


def _read(probe: object) -> None:
    attempt = Attempt(probe, datetime.now(UTC), started_s=0, on_end=lambda: None)  # type: ignore[arg-type]
    attempt.start()
    attempt.wait(30)


if __name__ == "__main__":
    main()

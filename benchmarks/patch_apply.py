"""What a patch costs beyond the stopping and starting of services: downtime, recovery, memory.

The product has FILES files; services stop and start at once, so that what is measured is ours alone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from remediation.patch.manifest import Layout, Service
from remediation.patch.state import PatchState
from tests.fakes import patched_site
from tests.fakes.patched_site import PatchedSite

FILES = 1_000
FILE_BYTES = 20_000
SMALL_BYTES = 64
RUNS = 5
TARGET_DOWN_MS, TARGET_RECOVERY_S, TARGET_MB = 100, 2, 60


def filled(file_bytes: int = FILE_BYTES) -> None:
    """A product of many files: each of them is exchanged."""
    for number in range(FILES):
        path = f"lib/module-{number // 100}/part-{number:04}"
        patched_site.OLD[path] = os.urandom(16) * (file_bytes // 16)
        patched_site.NEW[path] = os.urandom(16) * (file_bytes // 16)


@contextlib.contextmanager
def site_of(layout: Layout) -> Iterator[PatchedSite]:
    folder = Path(tempfile.mkdtemp(prefix="sw-patch-"))
    try:
        yield PatchedSite(folder, layout).make()
    finally:
        shutil.rmtree(folder)


class Watch:
    """When the last service stood still, and when the first was asked to start again."""

    def __init__(self, site: PatchedSite) -> None:
        self.stopped = self.started = self.slowest = 0.0
        stop, start = site.services.stop, site.services.start

        def stopping(service: Service) -> None:
            stop(service)
            self.stopped = time.perf_counter()

        def starting(service: Service) -> None:
            self.started = self.started or time.perf_counter()
            start(service)

        site.services.stop, site.services.start = stopping, starting  # type: ignore[method-assign]

    @property
    def down_ms(self) -> float:
        """Beyond stop and start."""
        return (self.started - self.stopped) * 1_000


def downtime(layout: Layout) -> list[float]:
    found = []
    for _ in range(RUNS):
        with site_of(layout) as site:
            watch = Watch(site)
            assert site.apply() is PatchState.CLEAN
            found.append(watch.down_ms)
    return sorted(found)


def recovery(layout: Layout) -> float:
    """A cut right before the gate: everything has to be taken back."""
    with site_of(layout) as site:

        class Cut(BaseException):
            pass

        def cut(*_: object) -> list[str]:
            raise Cut

        site.judge.judge = cut  # type: ignore[method-assign, assignment]
        with contextlib.suppress(Cut):
            site.apply()
        again = PatchedSite(site.folder, layout)
        began = time.perf_counter()
        assert again.recover() is PatchState.ROLLED_BACK
        return time.perf_counter() - began


def memory_mb(layout: Layout) -> float:
    """The largest a process of its own becomes. Files are small there: this benchmark has their bytes in memory."""
    ran = subprocess.run([sys.executable, __file__, layout.value], capture_output=True, text=True, check=True)
    return float(ran.stdout)


def main() -> None:
    if len(sys.argv) > 1:
        filled(SMALL_BYTES)
        with site_of(Layout(sys.argv[1])) as site:
            assert site.apply() is PatchState.CLEAN
        # Not getrusage: a new program inherits the peak of the one that started it.
        told = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()
        print(int(told[0]) / 1_024)
        return
    filled()
    print(f"{FILES} files of {FILE_BYTES} bytes, all exchanged; {RUNS} runs")
    for layout in Layout:
        down = downtime(layout)
        print(
            f"{layout.value:9} downtime beyond stop and start: median {down[RUNS // 2]:.1f} ms, worst {down[-1]:.1f} ms"
            f" (target {TARGET_DOWN_MS}); recovery {recovery(layout):.2f} s (target {TARGET_RECOVERY_S});"
            f" memory {memory_mb(layout):.0f} MB (target {TARGET_MB})"
        )


if __name__ == "__main__":
    main()

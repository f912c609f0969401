"""Whether an agent keeps its size while things are wrong around it, for hours: the slope of its memory.

    python benchmarks/endurance.py [--minutes N]

Four agents side by side, each with 1,000 codes, 20 followed files and a few new lines a second: the collector
away, its name not to be resolved, not enrolled, and the disk of the state folder full (a tmpfs in a mount
namespace of its own, full after half a minute). Memory is looked at every five seconds. The slope is the least-squares
line through what is left after the first third, in which caches fill.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks.footprint import NOWHERE, agent, cpu_s, enrolled, rss_mb, running
from benchmarks.material.lines import lines_of, synthetic

NO_NAME: Final = "https://collector.invalid"
LOOK_S: Final = 5.0
LINES: Final = 5  # new ones at each look, in each of four files
HIT_SHARE: Final = 0.2
FULL: Final = (
    'mount -t tmpfs -o size=6m,mode=700 none "$0" || exit 1; '
    '(sleep 30; cat /dev/zero > "$0/ballast" 2>/dev/null) & exec "$@"'
)


def on_full_disk(folder: Path) -> list[str] | None:
    """The command of an agent whose state folder fills up."""
    unshare = shutil.which("unshare")
    command = agent(folder)
    (folder / "state").mkdir()
    return (
        [unshare, "--map-root-user", "--mount", "sh", "-c", FULL, str(folder / "state"), *command] if unshare else None
    )


def write_lines(folder: Path, hits: list[str], rng: random.Random) -> None:
    for number in range(4):
        with (folder / f"app{number}.log").open("a") as log:
            log.writelines(f"{line}\n" for line in lines_of(LINES, hits, HIT_SHARE, rng))


def slope_kb(sizes: Sequence[tuple[float, float]]) -> float:
    """Kilobytes an hour of (seconds, megabytes), without the first third."""
    late = sizes[len(sizes) // 3 :]
    return statistics.linear_regression([at for at, _ in late], [size for _, size in late]).slope * 3_600 * 1_000


def watch(pids: dict[str, int], folders: Sequence[Path], minutes: float) -> None:
    rng = random.Random(2)  # noqa: S311  # the same lines in every run
    _, hits = synthetic(1_000, random.Random(1))  # noqa: S311  # those of the agents' catalogue
    sizes: dict[str, list[tuple[float, float]]] = {name: [] for name in pids}
    begin = time.monotonic()
    while (at := time.monotonic() - begin) < minutes * 60:
        for folder in folders:
            write_lines(folder, hits, rng)
        for name, pid in pids.items():
            sizes[name].append((at, rss_mb(pid)))
        time.sleep(LOOK_S)
    for name, pid in pids.items():
        early, last = sizes[name][len(sizes[name]) // 3][1], sizes[name][-1][1]
        share = cpu_s(pid) / (time.monotonic() - begin)
        print(f"{name:20} {early:6.1f} to {last:6.1f} MB  {slope_kb(sizes[name]):+8.0f} kB/h  {share:.2%} of a core")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folders = {part: Path(name) / part for part in ("away", "no-name", "not-enrolled", "disk-full")}
        for folder in folders.values():
            folder.mkdir()
        commands = {
            "away": enrolled(folders["away"], NOWHERE),
            "no-name": enrolled(folders["no-name"], NO_NAME),
            "not-enrolled": agent(folders["not-enrolled"]),
            "disk-full": on_full_disk(folders["disk-full"]),
        }
        pids = {
            part: stack.enter_context(running(command)) for part, command in commands.items() if command is not None
        }
        watch(pids, list(folders.values()), arguments.minutes)


if __name__ == "__main__":
    main()

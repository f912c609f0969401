"""What a watching agent takes from its host: memory and processor time while nothing happens, beside other agents.

    python benchmarks/footprint.py [--seconds N]

A real agent process with 1,000 codes and 20 followed files, not enrolled, so that it also keeps what it measures.
Others are started with the settings they come with, as far as they are installed. Memory is RSS after the
start has settled, and how much of it no other process shares; processor time is over the seconds asked for (60),
in percent of one core.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.material.lines import synthetic
from wire.catalogue.reading import encode_catalogue

FILES = 20
SETTLE_S = 8.0
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def agent(folder: Path) -> list[str]:
    """The command of an agent with its settings written."""
    catalogue, _ = synthetic(1_000, random.Random(1))  # noqa: S311  # the same codes in every run
    (folder / "codes.yaml").write_bytes(encode_catalogue(catalogue))
    lines = ["collector: http://127.0.0.1:9", f"state: {folder / 'state'}", "sources:"]
    for number in range(FILES):
        log = folder / f"app{number}.log"
        log.write_text("2026-11-24 10:00:00 started\n")
        lines += [f"  - name: app{number}", f"    path: {log}", f"    catalogue: {folder / 'codes.yaml'}"]
        lines += ["    time: iso", "    zone: UTC"]
    (folder / "agent.yaml").write_text("\n".join(lines) + "\n")
    return [sys.executable, "-m", "agent", "run", "--settings", str(folder / "agent.yaml")]


def zabbix(folder: Path) -> list[str] | None:
    program = shutil.which("zabbix_agent2", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        return None
    settings = folder / "zabbix.conf"
    settings.write_text(
        "Server=127.0.0.1\nListenIP=127.0.0.1\nListenPort=28050\nLogType=console\n"
        f"PidFile={folder / 'zabbix.pid'}\nControlSocket={folder / 'zabbix.sock'}\n"
        f"PluginSocket={folder / 'zabbix.plugin'}\n"
    )
    return [program, "-f", "-c", str(settings)]


def glances(_folder: Path) -> list[str] | None:
    program = shutil.which("glances")
    return [program, "--quiet", "--stdout", "cpu"] if program else None


def netdata(folder: Path) -> list[str] | None:
    program = shutil.which("netdata", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    return (
        [program, "-D", "-i", "127.0.0.1", "-s", "/", "-W", f"set global cache directory {folder}"] if program else None
    )


@contextmanager
def running(command: list[str]) -> Iterator[int]:
    """The process, ended at the end."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, nowhere, descriptor) for descriptor in (0, 1, 2)]
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    os.close(nowhere)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)


def rss_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES / 1e6


def private_mb(pid: int) -> float:
    """What ends with the process: pages that it shares with no other."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return (
        sum(int(line.split()[1]) for line in rollup if line.startswith(("Private_Clean", "Private_Dirty"))) * 1024 / 1e6
    )


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def measure(name: str, command: list[str] | None, seconds: float) -> None:
    if command is None:
        print(f"{name:16} not installed: skipped")
        return
    with running(command) as pid:
        time.sleep(SETTLE_S)
        try:
            before, started = cpu_s(pid), time.monotonic()
            time.sleep(seconds)
            used = (cpu_s(pid) - before) / (time.monotonic() - started)
            print(f"{name:16} {rss_mb(pid):6.1f} MB, {private_mb(pid):5.1f} MB its own  {used:8.3%} of a core")
        except (OSError, IndexError):
            print(f"{name:16} ended by itself: not measured")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measure("sitewarden", agent(folder), arguments.seconds)
        for peer, command in (("zabbix-agent2", zabbix), ("glances", glances), ("netdata", netdata)):
            measure(peer, command(folder), arguments.seconds)


if __name__ == "__main__":
    main()

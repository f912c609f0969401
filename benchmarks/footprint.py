"""What a watching agent takes from its host: memory and processor time while nothing happens, beside other agents.

    python benchmarks/footprint.py [--seconds N]

A real agent process with 1,000 codes and 20 followed files: not enrolled, so that it also keeps what it measures, and
enrolled at a collector that is away, so that it also signs and tries. Others are started with the settings they come
with, as far as they are installed. Memory is that of all their processes at the end: resident (RSS), with what
is shared counted in parts (PSS), and what no other process shares. Processor time is over the seconds asked for
(60), in percent of one core.
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
from dataclasses import dataclass
from pathlib import Path

from agent.durable import make_private_folder
from agent.uplink.identity import IdentityFile, save_identity
from benchmarks.material.lines import synthetic
from wire.catalogue.reading import encode_catalogue
from wire.keys import generate_key, private_pem, public_text

FILES = 20
SETTLE_S = 5.0  # as often as something of the start is still going on, at most SETTLES times
SETTLES = 24
BUSY_S = 0.05
NOWHERE = "http://127.0.0.1:9"
AWAY = "https://127.0.0.1:9"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def agent(folder: Path) -> list[str]:
    """The command of an agent with its settings written."""
    catalogue, _ = synthetic(1_000, random.Random(1))  # noqa: S311  # the same codes in every run
    (folder / "codes.yaml").write_bytes(encode_catalogue(catalogue))
    lines = [f"collector: {NOWHERE}", f"state: {folder / 'state'}", "sources:"]
    for number in range(FILES):
        log = folder / f"app{number}.log"
        log.write_text("2026-11-24 10:00:00 started\n")
        lines += [f"  - name: app{number}", f"    path: {log}", f"    catalogue: {folder / 'codes.yaml'}"]
        lines += ["    time: iso", "    zone: UTC"]
    (folder / "agent.yaml").write_text("\n".join(lines) + "\n")
    return [sys.executable, "-m", "agent", "run", "--settings", str(folder / "agent.yaml")]


def enrolled(folder: Path, collector: str = AWAY) -> list[str]:
    """The command of an agent that was made known to this collector."""
    command = agent(folder)
    settings = folder / "agent.yaml"
    settings.write_text(settings.read_text().replace(NOWHERE, collector))
    make_private_folder(folder / "state")
    identity = IdentityFile(
        agent="a" * 22,
        site="bench",
        collector=collector,
        receipt_key=public_text(generate_key()),
        interval_s=60.0,
        private_key=private_pem(generate_key()).decode(),
    )
    save_identity(folder / "state", identity)
    return command


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


def tree(pid: int) -> list[int]:
    """The process and all that it has started and still has."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split() if Path(f"/proc/{pid}").exists() else []
    for thread in Path(f"/proc/{pid}/task").iterdir() if Path(f"/proc/{pid}").exists() else ():
        if thread.name != str(pid):
            children += (thread / "children").read_text().split()
    return [pid, *(inner for child in children for inner in tree(int(child)))]


def rss_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES / 1e6


@dataclass(frozen=True)
class Size:
    """Megabytes of a process and its children: resident, its part of what is shared, what ends with it."""

    rss: float = 0.0
    pss: float = 0.0
    private: float = 0.0

    def __add__(self, other: Size) -> Size:
        return Size(self.rss + other.rss, self.pss + other.pss, self.private + other.private)


def size_of(pid: int) -> Size:
    lines = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    found = {words[0]: int(words[1]) * 1024 / 1e6 for words in lines}
    return Size(found["Rss:"], found["Pss:"], found["Private_Clean:"] + found["Private_Dirty:"])


def cpu_s(pid: int) -> float:
    """With the children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS_PER_S


def settle(pid: int) -> None:
    """Wait until the start is over, however busy the machine is."""
    used = -1.0
    for _ in range(SETTLES):
        time.sleep(SETTLE_S)
        before, used = used, sum(map(cpu_s, tree(pid)))
        if before >= 0 and used - before < BUSY_S:
            return


def measure(name: str, command: list[str] | None, seconds: float) -> None:
    if command is None:
        print(f"{name:24} NOT INSTALLED ON THIS MACHINE: nothing is known of it")
        return
    with running(command) as pid:
        try:
            settle(pid)
            before, started = sum(map(cpu_s, tree(pid))), time.monotonic()
            time.sleep(seconds)
            used = (sum(map(cpu_s, tree(pid))) - before) / (time.monotonic() - started)
            size, processes = sum(map(size_of, tree(pid)), Size()), len(tree(pid))
            print(
                f"{name:24} RSS {size.rss:6.1f} MB  PSS {size.pss:6.1f} MB  private {size.private:6.1f} MB  "
                f"{used:7.3%} of a core  {processes} process{'es' if processes > 1 else ''}"
            )
        except (OSError, IndexError, KeyError):
            print(f"{name:24} ended by itself: not measured")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("new", "away"):
            (folder / part).mkdir()
        measure("sitewarden, not enrolled", agent(folder / "new"), arguments.seconds)
        measure("sitewarden, no collector", enrolled(folder / "away"), arguments.seconds)
        for peer, command in (("zabbix-agent2", zabbix), ("glances", glances), ("netdata", netdata)):
            measure(peer, command(folder), arguments.seconds)


if __name__ == "__main__":
    main()

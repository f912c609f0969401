"""A service manager of a few lines: `systemctl` for units that are files, and a product that is started by lists.

The units live below a folder: `<unit>.state` holds ActiveState; `lies` makes a start that says it is well and runs
nothing; `stubborn` a stop that says it stopped; `deaf` a manager that does not answer.
"""

from __future__ import annotations

import sys
from pathlib import Path

from remediation.patch.manifest import Service

SYSTEMCTL = """#!/bin/sh
echo "$*" >> {folder}/calls
[ -e {folder}/deaf ] && {{ echo "no bus" >&2; exit 1; }}
case "$1" in
  daemon-reload|reset-failed) exit 0 ;;
  show) printf 'ActiveState=%s\\nControlGroup=/%s\\n' "$(cat {folder}/$3.state 2>/dev/null || echo inactive)" "$3" ;;
  stop) [ -e {folder}/stubborn ] && exit 0; echo inactive > {folder}/$2.state; rm -rf {folder}/groups/$2 ;;
  start) [ -e {folder}/broken ] && {{ echo "bad unit" >&2; exit 1; }}
         [ -e {folder}/lies ] && exit 0
         echo active > {folder}/$2.state; mkdir -p {folder}/groups/$2; echo 4711 > {folder}/groups/$2/cgroup.procs ;;
esac
"""
PRODUCT = """
import os, signal, socket, sys, time
if os.fork():
    sys.exit(0)
os.setsid()
for number in (0, 1, 2):
    os.close(number)
open({pid!r}, "w").write(str(os.getpid()))
line = socket.socket()
line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
line.bind(("127.0.0.1", {port}))
line.listen()
time.sleep(60)
"""
PATH = "/usr/local/bin:/usr/bin:/bin"


def made(folder: Path) -> str:
    """A PATH on which `systemctl` is ours."""
    (folder / "bin").mkdir()
    (folder / "groups").mkdir()
    program = folder / "bin/systemctl"
    program.write_text(SYSTEMCTL.format(folder=folder))
    program.chmod(0o755)
    return f"{folder}/bin:{PATH}"


def unit(name: str = "app", **fields: object) -> Service:
    return Service(name=name, unit=f"{name}.service", **{"stop_s": 0.5, "start_s": 0.5, **fields})  # type: ignore[arg-type]


def by_lists(folder: Path, port: int, **fields: object) -> Service:
    """A product that puts itself into the background, as init scripts do."""
    pid = folder / "product.pid"
    program = folder / "product.py"
    program.write_text(PRODUCT.format(pid=str(pid), port=port))
    given: dict[str, object] = {
        "start": [sys.executable, str(program)],
        "stop": ["/bin/sh", "-c", f"kill $(cat {pid})"],
        "status": [
            "/bin/sh",
            "-c",
            f"grep -q '^State:[[:space:]]*[RSDTtI]' /proc/$(cat {pid})/status 2>/dev/null",
        ],  # no zombie
        "ports": [port],
        "stop_s": 5,
        "start_s": 5,
    }
    return Service(name="product", **{**given, **fields})  # type: ignore[arg-type]

"""The product on a booted host, as steps 1 and 2 of docs/install.md say it: directory, dependencies, account, units.

The host has no network. What the agent depends on is fetched here, by the hashes of its lock and for the
host's Python, once for each lock.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

from deploy.agent.build import build
from deploy.lab.host import Host
from deploy.lab.image import Run, made_once

PLACE: Final = "/opt/sitewarden"
SETTINGS: Final = "/etc/sitewarden/agent.yaml"
PYTHON: Final = "3.11"  # of the suite in image.py
FETCH: Final = (
    *("-m", "uv", "pip", "install", "--quiet", "--require-hashes", "--only-binary=:all:", "--compile-bytecode"),
    *("--python-version", PYTHON, "--python-platform", "linux"),
)


def dependencies(cache: Path, repository: Path, run: Run) -> Path:
    """What locks/agent.txt names, unpacked for the host's Python."""
    lock = repository / "locks/agent.txt"
    command: list[str | Path] = [sys.executable, *FETCH, "-r", lock]
    recipe = "\n".join([*FETCH, lock.read_text()])
    return made_once(cache, "agent-lib", recipe, lambda folder: run([*command, "--target", folder]))


def carry(host: Host, repository: Path, library: Path) -> None:
    """Copy the directory with its dependencies, and nothing else."""
    target = host.root / PLACE.lstrip("/")
    build(repository, target)
    shutil.copytree(library, target / "lib")


def install(host: Host, repository: Path, library: Path) -> None:
    """The same, and let it install its account and units."""
    carry(host, repository, library)
    host.ask([f"{PLACE}/bin/install-units"])

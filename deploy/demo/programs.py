"""The command lines of agent, collector and clinic, as the demo calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.demo.sites import Site

COMMAND_S = 60.0


class CommandFailed(Exception):
    """A command of ours that should have worked did not; the text is what it said."""


def collector(settings: Path, *words: str) -> list[str]:
    """An argument list for `sitewarden-collector`."""
    return [sys.executable, "-m", "collector", *words, "--settings", str(settings)]


def agent(settings: Path, *words: str) -> list[str]:
    """An argument list for `sitewarden-agent`."""
    return [sys.executable, "-m", "agent", *words, "--settings", str(settings)]


def clinic(home: Path, port: int, site: Site) -> list[str]:
    """An argument list for the application."""
    return [sys.executable, "-m", "deploy.demo.clinic", "--home", str(home), "--port", str(port), "--name", site.name]


def answer_of(argv: list[str], environment: Mapping[str, str] | None = None) -> Any:
    """Run a command to its end and read its JSON if it was asked for --json; `CommandFailed` otherwise."""
    done = subprocess.run(argv, capture_output=True, timeout=COMMAND_S, check=False, env=environment)
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode:
        raise CommandFailed(f"{' '.join(argv[2:])}: {said or done.stdout.decode(errors='replace').strip()}")
    try:
        return json.loads(done.stdout) if "--json" in argv else None
    except ValueError as error:
        raise CommandFailed(f"{' '.join(argv[2:])}: no JSON: {done.stdout.decode(errors='replace')}") from error

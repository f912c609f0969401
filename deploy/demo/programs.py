"""The command lines of agent, collector and clinic, as the demo calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.demo.interrupts import INTERRUPTS
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
    words = " ".join(argv[2:])
    command: subprocess.Popen[bytes] | None = None
    try:
        with INTERRUPTS.put_off():
            command = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        out, said = command.communicate(timeout=COMMAND_S)
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(f"{words}: no end after {COMMAND_S:.0f} s") from error
    finally:  # a Ctrl-C in the middle must not leave it behind
        if command is not None:
            _end(command)
    if command.returncode:
        raise CommandFailed(f"{words}: {(said or out).decode(errors='replace').strip()}")
    try:
        return json.loads(out) if "--json" in argv else None
    except ValueError as error:
        raise CommandFailed(f"{words}: no JSON: {out.decode(errors='replace')}") from error


def _end(command: subprocess.Popen[bytes]) -> None:
    with INTERRUPTS.put_off():
        if command.returncode is None:
            command.kill()  # by its number, which is its own until we have waited for it
            command.communicate()

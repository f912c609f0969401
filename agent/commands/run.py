"""`sitewarden-agent run`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from agent.app import run_agent
from agent.commands.loading import add_settings_argument, load_settings
from agent.durable import Occupied
from agent.log import LEVELS, VARIABLE
from agent.settings.reading_apart import read_settings_apart
from agent.spool import SpoolFull
from agent.spool.database import SpoolRefused
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class Run:
    """Watches until it is told to stop."""

    name = "run"
    summary = sentence("Watch this server until stopped: logs, health, delivery to the collector.")
    examples: Sequence[str] = ("sitewarden-agent run", "sitewarden-agent run --settings ./agent.yaml --log-level debug")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Settings and the level of the agent's own log."""
        add_settings_argument(parser, terminal)
        words = sentence("how much the agent's own log says (default: {variable} or info)", variable=VARIABLE)
        parser.add_argument("--log-level", choices=LEVELS, help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Run in the foreground; a service manager starts this."""
        loaded = load_settings(arguments, terminal, read_settings_apart)
        level = arguments.log_level or os.environ.get(VARIABLE, "info").lower()
        try:
            run_agent(arguments.settings, loaded, log_level=level)
        except Occupied as occupied:
            raise CommandRefused(
                sentence(
                    "another agent (process {pid}) runs on the state folder {path}; stop it, or use another folder",
                    pid=occupied.holder,
                    path=loaded.settings.state,
                ),
                Exit.FAILED,
            ) from occupied
        except SpoolFull as full:
            words = sentence(
                "the spool in {path} cannot be written: {problem}; make room on the disk",
                path=loaded.settings.state,
                problem=str(full),
            )
            raise CommandRefused(words, Exit.FAILED) from full
        except SpoolRefused as refused:
            raise CommandRefused(refused.why, Exit.FAILED) from refused
        except OSError as error:
            words = sentence(
                "{path} cannot be written: {problem}",
                path=error.filename or loaded.settings.state,
                problem=error.strerror or str(error),
            )
            raise CommandRefused(words, Exit.FAILED) from error
        return Exit.DONE


COMMAND = Run()

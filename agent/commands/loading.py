"""What several commands begin with: the settings file that --settings names."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Protocol

from agent.settings.reading import DEFAULT_PATH, Loaded, SettingsUnreadable, read_settings
from terminal import CommandRefused, Exit, Terminal
from wire.errors import Fault, TextRefused
from wire.sentence import sentence


class Reader(Protocol):
    """Reads a settings file; see `agent.settings.reading.read_settings`."""

    def __call__(self, path: Path, *, catalogues_needed: bool) -> Loaded:
        """The settings, or why there are none."""


def add_settings_argument(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """Declare --settings."""
    words = sentence("the settings file (default: {path})", path=DEFAULT_PATH)
    parser.add_argument("--settings", metavar="FILE", type=Path, default=DEFAULT_PATH, help=terminal.text(words))


def load_settings(arguments: argparse.Namespace, terminal: Terminal, read: Reader = read_settings) -> Loaded:
    """The settings; every fault is printed with its place, and any but a broken catalogue refuses the command."""
    path: Path = arguments.settings
    try:
        loaded = read(path, catalogues_needed=False)
    except SettingsUnreadable as unreadable:
        raise CommandRefused(unreadable.why) from unreadable
    except TextRefused as refused:
        _warn(path, refused.faults, terminal)
        raise CommandRefused(sentence("the settings file cannot be used"), Exit.BAD_INPUT) from refused
    _warn(path, loaded.warnings, terminal)
    return loaded


def _warn(path: Path, faults: list[Fault], terminal: Terminal) -> None:
    for fault in faults:
        terminal.warn(sentence("{path}:{line}:{column}: {problem}", path=path, **vars(fault)))

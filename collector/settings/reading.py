"""Settings file -> `Settings`; what is wrong is told with line and column."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from collector.settings.model import Listener, Mail, Messages, Metrics, Settings
from terminal import CommandRefused, Terminal
from wire.errors import TextRefused
from wire.sentence import sentence
from wire.yaml_text import read_yaml

DEFAULT_PATH = Path("/etc/sitewarden/collector.yaml")

Section = TypeVar("Section", Listener, Mail, Messages, Metrics)


def add_settings_argument(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """`--settings FILE`, the same for every command."""
    words = terminal.text(sentence("settings file (default {path})", path=DEFAULT_PATH))
    parser.add_argument("--settings", type=Path, default=DEFAULT_PATH, metavar="FILE", help=words)


def load_settings(path: Path, terminal: Terminal) -> Settings:
    """The settings in `path`, relative paths starting at its folder; every fault is told, then `CommandRefused`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        why = sentence("the settings {path} cannot be read: {problem}", path=path, problem=error.strerror)
        raise CommandRefused(why) from error
    try:
        return _with_paths(read_yaml(content, Settings), path.absolute().parent)
    except TextRefused as refused:
        for fault in refused.faults:
            place = {"path": path, "line": fault.line, "column": fault.column, "problem": fault.problem}
            terminal.warn(sentence("{path}:{line}:{column}: {problem}", **place))
        raise CommandRefused(sentence("the settings {path} are not usable", path=path)) from refused


def _with_paths(settings: Settings, folder: Path) -> Settings:
    secret = settings.database_password_file
    return replace(
        settings,
        database_password_file=None if secret is None else str(folder / secret),
        state=str(folder / settings.state),
        exchange=_below(settings.exchange, folder, "certificate", "key"),
        console=_below(settings.console, folder, "certificate", "key"),
        mail=None if settings.mail is None else _below(settings.mail, folder, "ca", "password_file"),
        messages=_below(settings.messages, folder, "ca"),
        metrics=_below(settings.metrics, folder, "token_file"),
    )


def _below(section: Section, folder: Path, *names: str) -> Section:
    given = {name: getattr(section, name) for name in names}
    return replace(section, **{name: str(folder / path) for name, path in given.items() if path is not None})

"""What every command that touches the database begins with."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from collector.app import build_parts
from collector.errors import CollectorError
from collector.parts import Parts
from collector.settings.reading import load_settings
from terminal import CommandRefused, Exit, Terminal


@contextmanager
def opened(arguments: argparse.Namespace, terminal: Terminal) -> Iterator[Parts]:
    """The parts of `--settings`, closed at the end; a refusal of the collector becomes one of the command."""
    settings = load_settings(arguments.settings, terminal)
    try:
        parts = build_parts(settings)
        try:
            yield parts
        finally:
            parts.store.close()
    except CollectorError as error:
        raise CommandRefused(error.why, Exit.FAILED) from error

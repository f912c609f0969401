"""What the `calendar` and `sla-plan` commands share."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

from terminal import CommandRefused
from wire.sentence import sentence


def actor_name() -> str:
    """Who runs the command, for the history."""
    try:
        return getpass.getuser()[:64]
    except (KeyError, OSError):
        return "unknown"


def write_text(text: str, out: str | None) -> None:
    """To a file that is not there yet, or to the standard output."""
    if out is None:
        sys.stdout.write(text)
        return
    try:
        with Path(out).open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise CommandRefused(
            sentence("{path} cannot be written: {problem}", path=out, problem=error.strerror or str(error))
        ) from error

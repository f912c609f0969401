"""Calendars that come with the collector, and files that somebody gives."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from collector.sla.calendar import Calendar, read_calendar
from collector.sla.working_time import WorkingTime
from wire.errors import Fault, TextRefused
from wire.sentence import sentence

PACKS: Final = ("24x7", "cn", "kr")


@cache
def shipped(name: str) -> WorkingTime:
    """The calendar of that name; `KeyError` if none comes with the collector."""
    if name not in PACKS:
        raise KeyError(name)
    return WorkingTime(read_calendar((files("collector.sla") / "packs" / f"{name}.yaml").read_bytes()))


def find_calendar(name: str) -> WorkingTime:
    """A shipped calendar by its name, or one in a file; `TextRefused` with what is wrong."""
    if name in PACKS:
        return shipped(name)
    path = Path(name)
    try:
        return WorkingTime(read_file(path))
    except FileNotFoundError as error:
        known = ", ".join(PACKS)
        why = sentence(
            "there is no calendar {name}; there are {known}, and files by their path", name=name, known=known
        )
        raise TextRefused([Fault(0, 0, why)]) from error


def read_file(path: Path) -> Calendar:
    """The calendar in a file. `TextRefused`, `FileNotFoundError`."""
    try:
        return read_calendar(path.read_bytes())
    except FileNotFoundError:
        raise
    except OSError as error:
        why = sentence("{path} cannot be read: {problem}", path=path, problem=error.strerror or str(error))
        raise TextRefused([Fault(0, 0, why)]) from error

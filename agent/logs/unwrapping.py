"""What turns the lines of a file into the lines that a program meant, for each format of the settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent.logs.containers import Unwrapper
from agent.logs.decode import RawLine
from agent.logs.json_lines import JsonLines
from agent.settings.model import Source

Unwrap = Callable[[Sequence[RawLine]], list[RawLine]]


def unwrapper_for(source: Source) -> Unwrap | None:
    """What unwraps the lines of this source; None for plain ones."""
    if source.format == "json":
        return JsonLines(source.fields)
    return None if source.format == "plain" else Unwrapper(source.format)

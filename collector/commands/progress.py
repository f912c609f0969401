"""A sign of life on standard error while a long file is read by a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from terminal import Terminal
from wire.sentence import sentence

EVERY_LINES: Final = 100_000  # about ten seconds of a replay


def counted(lines: Iterable[bytes], terminal: Terminal) -> Iterator[bytes]:
    """The same lines; says how many there were now and then."""
    for number, line in enumerate(lines, 1):
        yield line
        if number % EVERY_LINES == 0:
            terminal.warn(sentence("{count} lines", count=number))

"""A catalogue searched by `re` alone, as it decides on the host; nothing is compiled ahead.

At the desk a catalogue is asked about a few hundred samples: making a fast scanner ready would take longer.
"""

from __future__ import annotations

from agent.logs.scan import Code, Found
from wire.catalogue.model import Catalogue


class Codes:
    """The codes of a catalogue, in their order."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.codes = [Code(rank, module, error) for rank, (module, error) in enumerate(catalogue.codes())]

    def find(self, record: str) -> Found | None:
        """The first code that matches any line of the record."""
        lines = lines_of(record)
        return next((found for code in self.codes if (found := code.match(lines)) is not None), None)


def lines_of(record: str) -> list[str]:
    """A sample's lines, as the agent would read them."""
    return record.rstrip("\n").split("\n")

"""What one turn of a source yielded, whatever the source is."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.logs.tail import Step
from agent.spool.port import Cursor
from wire.messages import Event, Gap, UnknownError


@dataclass
class Haul:
    """What one turn of a source yielded. `more` says that there is more to read at once."""

    events: list[Event] = field(default_factory=list)
    unknowns: list[UnknownError] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    forgotten: list[Cursor] = field(default_factory=list)
    more: bool = False

    def add(self, step: Step) -> None:
        """Append one file's step."""
        self.events += step.events
        self.unknowns += step.unknowns
        self.gaps += step.gaps
        self.more = self.more or step.more

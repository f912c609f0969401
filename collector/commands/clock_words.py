"""How a deadline is shown: as JSON and to a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collector.commands.ticket_words import language_of
from collector.sla.clock import Deadline, Explanation, Target
from collector.sla.working_time import WorkingTime
from terminal import Terminal
from wire.sentence import Sentence, sentence

_KINDS = {
    "holiday": sentence("day off"),
    "working": sentence("working day although a weekend"),
    "special": sentence("other hours"),
    "weekend": sentence("weekend"),
    "usual": sentence("usual day"),
}


@dataclass(frozen=True)
class Deduction:
    """One deadline with how it came about. Instants are shown in the calendar's zone, or as `start` was given."""

    working: WorkingTime
    start: datetime
    target: Target
    deadline: Deadline
    warnings: Sequence[tuple[int, datetime | None]]
    explanation: Explanation | None

    def view(self) -> dict[str, Any]:
        """As JSON."""
        calendar = self.working.calendar
        answer: dict[str, Any] = {
            "due": self._iso(self.deadline.due),
            "provisional": self.deadline.is_provisional,
            "calendar": calendar.calendar,
            "calendar_version": calendar.version,
            "zone": calendar.zone,
            "start": self._iso(self.start),
            "target": str(self.target),
            "active_seconds": self.deadline.target_us / 1_000_000,
            "warnings": [{"percent": percent, "at": self._iso(at)} for percent, at in self.warnings],
        }
        if self.explanation is not None:
            answer["explanation"] = self._explained(self.explanation)
        return answer

    def tell(self, terminal: Terminal) -> None:
        """In words."""
        zone = self.working.calendar.zone
        if self.deadline.due is None:
            terminal.say(sentence("not due: the pause has no end"))
        else:
            terminal.say(sentence("due {due} ({zone})", due=self._words(self.deadline.due), zone=zone))
        if self.deadline.is_provisional:
            until = self.working.calendar.coverage.until
            terminal.say(sentence("provisional: the days after {until} are not published yet", until=until))
        for percent, at in self.warnings:
            terminal.say(sentence("{percent} % at {at}", percent=percent, at=self._words(at) if at else "-"))
        if self.explanation is not None:
            self._tell_explanation(terminal, self.explanation)

    def _tell_explanation(self, terminal: Terminal, found: Explanation) -> None:
        heads: list[Sentence] = [sentence("counted from"), sentence("to"), sentence("hours")]
        rows = [[self._words(each.since), self._words(each.until), _hours(each.seconds)] for each in found.counted]
        terminal.table(heads, [*rows, ["", "", _hours(sum(each.seconds for each in found.counted))]])
        for pause in found.pauses:
            until = self._words(pause.until) if pause.until else "-"
            terminal.say(sentence("paused from {since} to {until}", since=self._words(pause.since), until=until))
        for day in found.days:
            kind = terminal.text(_KINDS[day.kind])
            name = day.name.in_language(language_of(terminal)) if day.name else ""
            words = sentence("{date}: {kind} {name}", date=day.date, kind=kind, name=name)
            terminal.say(words if day.is_confirmed else sentence("{day} (not published yet)", day=terminal.text(words)))
        if found.is_cut:
            terminal.warn(sentence("there are more intervals than are shown"))

    def _explained(self, found: Explanation) -> dict[str, Any]:
        return {
            "counted": [
                {"from": self._iso(each.since), "to": self._iso(each.until), "seconds": each.seconds}
                for each in found.counted
            ],
            "pauses": [{"from": self._iso(each.since), "to": self._iso(each.until)} for each in found.pauses],
            "days": [
                {
                    "date": day.date.isoformat(),
                    "kind": day.kind,
                    "name": day.name.en if day.name else "",
                    "confirmed": day.is_confirmed,
                }
                for day in found.days
            ],
            "cut": found.is_cut,
        }

    def _iso(self, at: datetime | None) -> str | None:
        return None if at is None else at.astimezone(self.working.zone).isoformat()

    def _words(self, at: datetime) -> str:
        return at.astimezone(self.working.zone).strftime("%Y-%m-%d %a %H:%M:%S")


def _hours(seconds: float) -> str:
    return f"{seconds / 3_600:.4g}"

"""A second opinion on deadlines: counts minutes one by one from the calendar file, and imports nothing of ours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

MINUTE = timedelta(minutes=1)
NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class MinuteClock:
    """One calendar file."""

    def __init__(self, path: Path) -> None:
        content: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
        self.zone = ZoneInfo(content["zone"])
        self.week = content["week"]
        self.days = {date.fromisoformat(day["date"]): day for day in content.get("days", [])}
        self.until = date.fromisoformat(content["coverage"]["until"])
        self._cache: dict[date, list[tuple[int, int]]] = {}

    def hours(self, day: date) -> list[tuple[int, int]]:
        """Minutes of the day that are worked, from and to."""
        if day not in self._cache:
            self._cache[day] = [self._minutes(text) for text in self._texts(day)]
        return self._cache[day]

    def counts(self, at: datetime) -> bool:
        """Whether the minute that begins now is working time."""
        local = at.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self.hours(local.date()))

    def due(self, start: datetime, minutes: int, pauses: list[tuple[datetime, datetime]], *, elapsed: bool) -> datetime:
        """The first minute at which so many have counted."""
        at = start
        while minutes:
            paused = any(since <= at < until for since, until in pauses)
            if not paused and (elapsed or self.counts(at)):
                minutes -= 1
            at += MINUTE
        return at

    def close_of_nth(self, start: datetime, count: int) -> datetime:
        """Closing time of the n-th working day after the day of the first minute that counts."""
        at = start
        while not self.counts(at):
            at += MINUTE
        day = at.astimezone(self.zone).date()
        while count:
            day += timedelta(days=1)
            count -= bool(self.hours(day))
        end = self.hours(day)[-1][1]
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        return (midnight + timedelta(minutes=end)).astimezone(UTC)

    def _texts(self, day: date) -> list[str]:
        usual: list[str] = self.week.get(NAMES[day.weekday()], [])
        known = self.days.get(day)
        if known is None:
            return usual
        if known["kind"] == "holiday":
            return []
        return known.get("hours") or usual or self.week["monday"]

    @staticmethod
    def _minutes(text: str) -> tuple[int, int]:
        start, _, end = text.partition("-")
        return _minute_of(start), _minute_of(end)


def _minute_of(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)

"""When a line says that it was written.

A line's own time is evidence, never a key: clocks on customers' servers are wrong, so a time that
cannot be read, or cannot be right, gives way to the instant at which the line was read, and the event says
which of both it carries. A missing year is the latest that is not in the future; a minute of grace is
given, because a line that another host relayed may be stamped by a clock a few seconds ahead.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.settings.model import TimeRule
from wire.catalogue.dialect import compile_pattern, find_problem
from wire.messages import TimeOrigin
from wire.sentence import Sentence, sentence

AHEAD: Final = timedelta(minutes=1)
_YEARS_BACK: Final = 8  # 29 February, and the one that a century's turn leaves out
_TIMES_KEPT: Final = 512  # times that were read already
_MONTHS: Final = {
    name: at
    for at, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}
_CLOCK: Final = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?"
_ISO: Final = (
    r"(?P<year>\d{4})[-/](?P<month>\d\d)[-/](?P<day>\d\d)[T ]"
    + _CLOCK
    + r" ?(?P<offset>Z\b|UTC\b|GMT\b|[+-]\d\d:?(?:\d\d)?\b)?"
)
_SYSLOG: Final = r"^(?:<\d+>)?(?P<month>[A-Z][a-z][a-z]) +(?P<day>\d{1,2}) " + _CLOCK
_ACCESS: Final = r"(?P<day>\d\d)/(?P<month>[A-Z][a-z][a-z])/(?P<year>\d{4}):" + _CLOCK + r"(?: (?P<offset>[+-]\d{4}))?"
_READY: Final = {
    "iso": (_ISO,),
    "syslog": (_SYSLOG, _ISO),  # a syslog daemon of today may write ISO 8601
    "nginx": (_ACCESS, _ISO),  # access log, error log
    "postgresql": (_ISO,),
}
TimeSetting = Literal["iso", "syslog", "nginx", "postgresql"] | TimeRule | None
Reader = Callable[[str, datetime], datetime | None]


class TimeRefused(Exception):
    """The rule or the zone cannot be used."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


class LineClock:
    """Reads the time of lines by one source's rule."""

    def __init__(self, setting: TimeSetting = None, zone: str | None = None) -> None:
        """Prepare the rule; raises `TimeRefused`. Without `zone` a time without offset is in the host's own."""
        self._zone = _find_zone(zone)
        self._readers: list[Reader] = []
        if isinstance(setting, TimeRule):
            self._readers = [_rule_reader(setting, self._zone)]
        elif setting is not None:
            self._readers = [_ready_reader(regex, self._zone) for regex in _READY[setting]]

    def read(self, line: str, now: datetime) -> tuple[datetime, TimeOrigin]:
        """The line's time in UTC, or `now` when it has none that can be read."""
        for reader in self._readers:
            try:
                found = reader(line, now)
            except (ValueError, OverflowError):
                continue  # 31 February, hour 25, year 0
            if found is not None:
                return found if found.tzinfo is UTC else found.astimezone(UTC), TimeOrigin.LINE
        return now, TimeOrigin.READ


def _find_zone(name: str | None) -> tzinfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TimeRefused(sentence("the time zone {zone} is not known on this host", zone=name)) from error


def _ready_reader(regex: str, zone: tzinfo | None) -> Reader:
    search = re.compile(regex, re.ASCII).search
    known: dict[str, datetime] = {}

    def read(line: str, now: datetime) -> datetime | None:
        """Neighbouring lines share their second, and many their millisecond: a time with a year is read once."""
        found = search(line)
        if not found:
            return None
        read_before = known.get(found[0])
        if read_before is not None:
            return read_before
        groups = found.groupdict()
        at = _from_groups(groups, now, zone).astimezone(UTC)
        if groups.get("year"):
            if len(known) >= _TIMES_KEPT:
                known.clear()
            known[found[0]] = at
        return at

    return read


def _from_groups(groups: dict[str, str | None], now: datetime, zone: tzinfo | None) -> datetime:
    def number(name: str) -> int:
        return int(groups.get(name) or 0)

    month = groups["month"] or ""
    fraction = f"{groups.get('fraction') or '':0<6}"[:6]
    naive = datetime(  # noqa: DTZ001  # the zone is added below, from the line or from the settings
        number("year") or 2000,  # a leap year, so that 29 February can be held
        int(month) if month.isdigit() else _MONTHS.get(month, 0),
        number("day"),
        number("hour"),
        number("minute"),
        min(number("second"), 59),  # a leap second
        int(fraction),
    )
    own = _offset(groups.get("offset"))
    if groups.get("year"):
        return _zoned(naive, own or zone)
    return _latest_past(naive, now, own or zone)


def _offset(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _zoned(naive: datetime, zone: tzinfo | None) -> datetime:
    return naive.replace(tzinfo=zone) if zone else naive.astimezone()


def _latest_past(naive: datetime, now: datetime, zone: tzinfo | None) -> datetime:
    """`naive` in the latest year in which it exists and is not in the future."""
    newest = now.astimezone(zone).year + 1  # on New Year's Eve a zone ahead of ours may be in the next year
    for year in range(newest, newest - _YEARS_BACK - 2, -1):
        try:
            found = _zoned(naive.replace(year=year), zone)
        except ValueError:
            continue  # 29 February
        if found <= now + AHEAD:
            return found
    raise ValueError(naive)


def _rule_reader(rule: TimeRule, zone: tzinfo | None) -> Reader:
    problem = find_problem(rule.regex)
    if problem:
        raise TimeRefused(problem)
    pattern = compile_pattern(rule.regex)
    if pattern.groups != 1:
        raise TimeRefused(sentence("the regex of a time has exactly one group, the time itself"))
    names_year = any(word in rule.format for word in ("%Y", "%y", "%s", "%c", "%x", "%G"))
    _check_format(rule.format)

    def read(line: str, now: datetime) -> datetime | None:
        found = pattern.search(line)
        if not found or found[1] is None:
            return None
        if names_year:
            parsed = datetime.strptime(found[1], rule.format)  # noqa: DTZ007  # the zone comes from the settings
            return parsed if parsed.tzinfo else _zoned(parsed, zone)
        parsed = datetime.strptime(f"2000 {found[1]}", f"%Y {rule.format}")  # noqa: DTZ007
        return _latest_past(parsed.replace(tzinfo=None), now, parsed.tzinfo or zone)

    return read


def _check_format(format_: str) -> None:
    """`strptime` tells a wrong directive from a text that does not fit only by the message of its error."""
    try:
        datetime.strptime("", format_)  # noqa: DTZ007  # only its complaint is of interest
    except (ValueError, re.error) as error:
        if "does not match format" not in str(error):
            raise TimeRefused(
                sentence("{format} is no time format: {problem}", format=format_, problem=str(error))
            ) from error

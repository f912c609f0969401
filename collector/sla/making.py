"""Makes a calendar for a country from the `holidays` library: a file to look over, correct and import.

The library foretells days that no state has published yet, and does not say which; so whoever makes a
calendar says until when it is confirmed. What lies beyond is marked provisional.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec
import yaml

from collector.sla.calendar import Calendar, Coverage, Day, DayKind, DayStatus, Week
from wire.catalogue.model import Texts
from wire.sentence import Sentence, sentence

LANGUAGES = {"ko": "ko", "zh": "zh_CN"}  # ours: theirs
MOVED = Texts(en="Working day in exchange", ko="대체 근무일", zh="调休上班")


class NoSuchCountry(Exception):
    """The library knows no such country; `why` says so."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


def make_calendar(
    country: str, *, zone: str, hours: str, years: range, confirmed_until: date, version: str
) -> Calendar:
    """Monday to Friday with the same hours, and the public holidays of a country (ISO 3166, two letters)."""
    days = list(_days(country, years, confirmed_until))
    work = [hours]
    return Calendar(
        calendar=country.lower(),
        version=version,
        zone=zone,
        title=Texts(en=country.upper()),
        source="holidays",
        week=Week(monday=work, tuesday=work, wednesday=work, thursday=work, friday=work),
        coverage=Coverage(since=date(years.start, 1, 1), until=confirmed_until),
        days=days,
    )


def _days(country: str, years: range, confirmed_until: date) -> Iterable[Day]:
    import holidays  # noqa: PLC0415  # half a second that only this command should cost

    def found(language: str) -> holidays.HolidayBase:
        try:
            return holidays.country_holidays(country.upper(), years=years, language=language)
        except NotImplementedError as error:
            raise NoSuchCountry(sentence("holidays of {country} are not known", country=country)) from error

    english = found("en_US")
    spoken = {mine: found(theirs) for mine, theirs in LANGUAGES.items() if theirs in english.supported_languages}
    off = set(english)
    moved = {day for day in english.weekend_workdays if day.year in years}
    for day in sorted(off | moved):
        is_moved = day in moved
        names = {mine: _shortened(named[day]) for mine, named in spoken.items()} if not is_moved else {}
        yield Day(
            date=day,
            kind=DayKind.WORKING if is_moved else DayKind.HOLIDAY,
            name=MOVED if is_moved else Texts(en=_shortened(english[day]), **names),
            status=DayStatus.CONFIRMED if day <= confirmed_until else DayStatus.PROVISIONAL,
        )


def _shortened(name: str) -> str:
    """Without the remark that a day stands in for another."""
    return name.partition(" (")[0].partition("\uff08")[0]


def calendar_yaml(calendar: Calendar) -> str:
    """The file's text, one line a day."""
    content = msgspec.to_builtins(calendar, str_keys=True)
    days = content.pop("days", [])
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, default_flow_style=None, width=110)
    lines = [
        "  - " + yaml.safe_dump(day, allow_unicode=True, sort_keys=False, default_flow_style=True, width=1_000).strip()
        for day in days
    ]
    return text + ("days:\n" + "\n".join(lines) + "\n" if lines else "")

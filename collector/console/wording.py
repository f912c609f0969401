"""How a page says times, durations and numbers in its reader's language.

Every instant is shown in the zone of the site it belongs to, and always with that zone: `CST`
alone could be Shanghai or Chicago, so it carries its offset, and Chinese readers see 北京时间.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date
from markupsafe import Markup, escape

from collector.console.language import translations
from collector.sla.clock import Basis, Target
from wire.catalogue.model import Texts
from wire.sentence import Sentence, sentence

DAY_S = 86_400
_BEIJING = ("Asia/Shanghai", "Asia/Chongqing", "Asia/Harbin", "PRC")
_ZONES = {"Asia/Seoul": "KST", "Asia/Tokyo": "JST", "UTC": "UTC", "Etc/UTC": "UTC"}
_DAY = {"en": "d MMM", "ko": "M월 d일", "zh-Hans": "M月d日"}
_DAY_YEAR = {"en": "d MMM y", "ko": "y년 M월 d일", "zh-Hans": "y年M月d日"}


@lru_cache(256)
def zone(name: str) -> ZoneInfo:
    """The IANA zone; UTC when the system does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


@dataclass(frozen=True)
class Wording:
    """Words for one reader at one instant."""

    language: str
    now: datetime

    def text(self, id_: str, /, **values: object) -> Markup:
        """A translated sentence, escaped; values that are markup stay markup."""
        translated = translations(self.language).gettext(id_)
        return escape(translated).format(**values)

    def say(self, words: Sentence) -> Markup:
        """A `Sentence` from the deciding code, escaped."""
        return escape(words.translated(translations(self.language).gettext))

    def title(self, texts: Texts) -> str:
        """The catalogue's text in this language."""
        return texts.in_language(self.language)

    def lang_of(self, texts: Texts) -> str:
        """The language that `title` really is in; differs where a translation is missing."""
        return self.language if self.title(texts) != texts.en or self.language == "en" else "en"

    def zone_label(self, at: datetime, tz: str) -> str:
        """`KST`, `CST (UTC+8)`, `北京时间`, `UTC+5:30`.

        >>> now = datetime(2026, 11, 24, tzinfo=UTC)
        >>> Wording("en", now).zone_label(now, "Asia/Shanghai")
        'CST (UTC+8)'
        """
        if tz in _BEIJING:
            return "北京时间" if self.language == "zh-Hans" else "CST (UTC+8)"
        return _ZONES.get(tz) or _offset(at.astimezone(zone(tz)).utcoffset() or timedelta())

    def clock(self, at: datetime, tz: str, *, seconds: bool = False) -> str:
        """`11:20 KST`: an instant of today."""
        local = at.astimezone(zone(tz))
        return (
            f"{local:%H:%M:%S}" + f" {self.zone_label(at, tz)}"
            if seconds
            else f"{local:%H:%M} {self.zone_label(at, tz)}"
        )

    def second(self, at: datetime, tz: str) -> str:
        """`11:20:05`: one of several instants whose zone stands beside them."""
        return f"{at.astimezone(zone(tz)):%H:%M:%S}"

    def when(self, at: datetime, tz: str, *, seconds: bool = False) -> Markup:
        """`today 11:20 KST`, `24 Nov 11:20 KST`, with the year when it is not this one."""
        return self.say(sentence("{day} {time}", day=self.day(at, tz), time=self.clock(at, tz, seconds=seconds)))

    def stamp(self, at: datetime, tz: str) -> Markup:
        """`when` without the zone: for a column whose head carries it."""
        return self.say(sentence("{day} {time}", day=self.day(at, tz), time=f"{at.astimezone(zone(tz)):%H:%M:%S}"))

    def day(self, at: datetime, tz: str) -> str:
        """Today and yesterday in words, then day and month."""
        day, today = at.astimezone(zone(tz)).date(), self.now.astimezone(zone(tz)).date()
        if day == today:
            return str(self.say(sentence("today")))
        if day == today - timedelta(days=1):
            return str(self.say(sentence("yesterday")))
        return self._date(day, with_year=day.year != today.year)

    def machine(self, at: datetime) -> str:
        """The `datetime` attribute of `time`."""
        return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    def duration(self, length: timedelta) -> Markup:
        """`52 s`, `38 min`, `3 h 16 min`, `4 d 2 h`; negative ones (clocks differ) count as nothing."""
        seconds = max(0, int(length.total_seconds()))
        if seconds < 60:  # noqa: PLR2004  # a minute
            return self.say(sentence("{seconds} s", seconds=seconds))
        minutes, hours, days = seconds // 60 % 60, seconds // 3_600 % 24, seconds // DAY_S
        whole = [
            words
            for words, is_said in (
                (sentence("{days} d", days=days), days),
                (sentence("{hours} h", hours=hours), hours),
                (sentence("{minutes} min", minutes=minutes), minutes and not days),
            )
            if is_said
        ]
        if len(whole) == 1:
            return self.say(whole[0])
        return self.say(sentence("{larger} {smaller}", larger=whole[0], smaller=whole[1]))

    def seconds(self, length: float) -> Markup:
        """A measured length; below a minute with a tenth: `0.4 s`."""
        if length < 60:  # noqa: PLR2004  # a minute
            return self.say(sentence("{seconds} s", seconds=f"{length:.1f}"))
        return self.duration(timedelta(seconds=length))

    def span_us(self, length: int) -> Markup:
        """A length in microseconds, to the minute below it; days of 24 hours are not told apart from hours."""
        minutes = max(0, length) // 60_000_000
        hours, rest = divmod(minutes, 60)
        if not hours:
            return self.say(sentence("{minutes} min", minutes=rest))
        if not rest:
            return self.say(sentence("{hours} h", hours=hours))
        whole = (sentence("{hours} h", hours=hours), sentence("{minutes} min", minutes=rest))
        return self.say(sentence("{larger} {smaller}", larger=whole[0], smaller=whole[1]))

    def target(self, target: Target) -> Markup:
        """What a clock promises: `4 h, day and night`, `8 h of working time`, `3 working days`."""
        if target.basis in {Basis.WORKING_DAYS, Basis.SPAN}:
            return self.say(sentence("{count} working days", count=target.amount))
        length = self.span_us(target.amount)
        if target.basis is Basis.ELAPSED:
            return self.say(sentence("{length}, day and night", length=length))
        return self.say(sentence("{length} of working time", length=length))

    def calendar_day(self, day: date) -> str:
        """A date with its year."""
        return self._date(day, with_year=True)

    def month(self, year: int, month: int) -> str:
        """`January`."""
        return format_date(date(year, month, 1), "LLLL", locale=self.language.replace("-", "_"))

    def since(self, at: datetime) -> Markup:
        """How long ago."""
        return self.duration(self.now - at)

    def number(self, value: float) -> str:
        """Thousands apart: `1,904`."""
        return f"{value:,}"

    def size(self, count: float) -> str:
        """Bytes for people: `38 GB`."""
        for unit in ("B", "kB", "MB", "GB", "TB"):
            if count < 1_000 or unit == "TB":  # noqa: PLR2004  # the next unit
                break
            count /= 1_000
        return f"{count:.0f} {unit}" if count >= 10 or unit == "B" else f"{count:.1f} {unit}"  # noqa: PLR2004  # two digits

    def _date(self, day: date, *, with_year: bool) -> str:
        return _formatted(day, (_DAY_YEAR if with_year else _DAY)[self.language], self.language)


@lru_cache(1_024)  # a page names the same few days again and again, each for a tenth of a millisecond
def _formatted(day: date, pattern: str, language: str) -> str:
    return format_date(day, pattern, locale=language.replace("-", "_"))


def _offset(offset: timedelta) -> str:
    minutes = int(offset.total_seconds()) // 60
    sign = "+" if minutes >= 0 else "-"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "") if minutes else "UTC"

"""What a mail says, in its reader's language: subject and plain text, from catalogue titles and our own sentences.

Log lines and what was captured from them are not in it, unless the settings say so.
"""

from __future__ import annotations

import gettext
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from collector.notify.model import About, KnownError
from collector.notify.policy import zone_of
from collector.tickets.desk.model import NoticeCause, NoticeKind
from terminal import load_language
from wire.sentence import Sentence, sentence

LOCALE = Path(__file__).parents[1] / "locale"
SUBJECT_CHARS = 200
EVIDENCE_CHARS = 4_000
FOR_EVER = datetime(9_000, 1, 1, tzinfo=UTC)  # a day from here on is no day that anybody named
LINES = 200  # of one digest; more are counted

KNOWN_ERRORS = "known_errors"

CAUSES = MappingProxyType(
    {
        "opened": sentence("A new ticket is open."),
        "reopened": sentence("A ticket is open again: its fault came back."),
        "recurring": sentence("A fault keeps coming back."),
        "level_raised": sentence("A ticket has become more urgent."),
        "flapping": sentence("A fault comes and goes; its ticket stays open until it is calm."),
        "settled": sentence("A fault that came and went is calm."),
        "regressed": sentence("A fault came back in a version that should cure it."),
        "storm_goes_on": sentence("Many faults at one site; the storm goes on."),
        "storm_over": sentence("The storm of faults at one site is over."),
        "problem_suspected": sentence("Several sites have the same fault: one cause is suspected."),
        "clock_warning": sentence("The time that was promised for a ticket is running out."),
        "clock_breached": sentence("The time that was promised for a ticket is over."),
        "reminded": sentence("We still wait for your answer to a ticket, and cannot go on without it."),
        KNOWN_ERRORS: sentence("Once a week: faults without a ticket, because their site has not got the cure."),
        "test": sentence("This is a test. Messages to you arrive."),
    }
)
_OTHER = sentence("Something has changed.")
_TO_CUSTOMER = sentence("We have noticed a fault and are working on it. There is nothing that you need to do.")


@dataclass(frozen=True)
class Letter:
    """Subject and text."""

    subject: str
    text: str


@lru_cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of messages; ids as they are for English."""
    return load_language(LOCALE, {"LANGUAGE": language})


def one_line(text: str) -> str:
    r"""Text for a header: one line, nothing that moves a cursor, not too long.

    >>> one_line("a\r\nBcc: b@example.com")
    'a Bcc: b@example.com'
    """
    shown = "".join(" " if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else char for char in text)
    return " ".join(shown.split())[:SUBJECT_CHARS]


def cause_text(cause: str) -> Sentence:
    """Why somebody is told."""
    return CAUSES.get(cause, _OTHER)


class Wording:
    """Words for one reader."""

    def __init__(self, language: str, console: str) -> None:
        self.language = language
        self._console = console.rstrip("/")
        self._gettext = translations(language).gettext

    def say(self, words: Sentence) -> str:
        """A sentence."""
        return words.translated(self._gettext)

    def letter(self, kind: str, cause: str, about: About, at: datetime) -> Letter:
        """About one ticket or problem."""
        is_customers = kind == NoticeKind.CUSTOMER
        opening = _TO_CUSTOMER if is_customers and cause != NoticeCause.REMINDED else cause_text(cause)
        lines = [self.say(opening), "", *self._facts(about, at)]
        if about.evidence:
            lines += ["", self.say(sentence("From the log:")), about.evidence[:EVIDENCE_CHARS]]
        if not is_customers:
            lines += ["", self._link(about)]
        return Letter(self._subject(cause, about), _text(lines))

    def digest(self, entries: Sequence[tuple[datetime, str, About]], left_out: int) -> Letter:
        """About several things, the oldest first; `left_out` more are only counted."""
        count = len(entries) + left_out
        lines = [self.say(sentence("{count} messages were gathered for you:", count=count)), ""]
        for at, cause, about in entries:
            lines.append(f"- {self._time(at, about.zone)} {self._topic(about)}")
            lines += [f"  {self.say(cause_text(cause))}", f"  {self._link(about)}"]
        if left_out:
            lines.append(self.say(sentence("... and {count} more, in the console.", count=left_out)))
        lines += ["", self._console]
        return Letter(one_line(self.say(sentence("{count} messages", count=count))), _text(lines))

    def known_errors(self, found: Sequence[KnownError], left_out: int, since: datetime, zone: str) -> Letter:
        """About faults that are held back for want of a cure; `left_out` more are only counted."""
        opening = sentence(
            "Since {since} these faults occurred and got no ticket: the patch that cures them was put off, or is not"
            " there yet. They are counted.",
            since=self._time(since, zone),
        )
        lines = [self.say(opening), ""]
        for each in found:
            lines.append(one_line(f"- {each.site_name} ({each.customer}): {each.module} {each.code}"))
            lines.append(f"  {self.say(self._held(each))}")
        if left_out:
            lines.append(self.say(sentence("... and {count} more, in the console.", count=left_out)))
        lines += ["", f"{self._console}/quiet"]
        count = len(found) + left_out
        return Letter(one_line(self.say(sentence("{count} known errors of the week", count=count))), _text(lines))

    def _held(self, found: KnownError) -> Sentence:
        since, until = self._time(found.since, found.zone), found.put_off_until
        if until is None:
            return sentence(
                "{count} times since {since}; its version has not got the cure", count=found.count, since=since
            )
        if until >= FOR_EVER:
            return sentence("{count} times since {since}; the patch was declined", count=found.count, since=since)
        day = self._time(until, found.zone)
        return sentence("{count} times since {since}; put off until {day}", count=found.count, since=since, day=day)

    def _subject(self, cause: str, about: About) -> str:
        if about.number:
            words = sentence(
                "[Level {level}] {site}: {title} ({number})",
                level=about.level,
                site=about.site_name,
                title=self._title(about),
                number=about.number,
            )
        elif about.problem_id is not None:
            words = sentence("Problem {number}: {topic}", number=about.problem_id, topic=self._topic(about))
        else:
            words = cause_text(cause)
        return one_line(self.say(words))

    def _facts(self, about: About, at: datetime) -> list[str]:
        facts: list[tuple[Sentence, object]] = []
        if about.number:
            facts = [
                (sentence("Ticket"), about.number),
                (sentence("Level"), about.level),
                (sentence("Site"), f"{about.site_name} ({about.customer})"),
                (sentence("Fault"), self._title(about)),
                (sentence("Code"), f"{about.module} {about.code}"),
                (sentence("Since"), self._time(about.clock_start_at or at, about.zone)),
            ]
        elif about.problem_id is not None:
            facts = [(sentence("Code"), f"{about.module} {about.code}"), (sentence("Since"), self._time(at, "UTC"))]
        return [f"{self.say(name)}: {one_line(str(value))}" for name, value in facts]

    def _topic(self, about: About) -> str:
        if about.number:
            return one_line(f"{about.number} {about.site_name}: {self._title(about)}")
        return one_line(f"{about.module} {about.code}")

    def _title(self, about: About) -> str:
        return about.code if about.title is None else about.title.in_language(self.language)

    def _link(self, about: About) -> str:
        if about.number:
            return f"{self._console}/tickets/{about.number}"
        return self._console if about.problem_id is None else f"{self._console}/problems/{about.problem_id}"

    @staticmethod
    def _time(at: datetime, zone: str) -> str:
        return f"{at.astimezone(zone_of(zone)):%Y-%m-%d %H:%M} ({zone})"


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"

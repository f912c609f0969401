"""Hides values in texts by the customer's rules. Pure: no file, clock or network.

1. The text is brought into its spellings (`spellings`), and each gets a cheap look (`prefilter`).
2. The detectors whose gate opened give places, which are led back to the original text.
3. A value that its name gave away is hidden at its other places in the text as well. Places that overlap
   become one, named for the longest; what is a token already stays.
4. Each place becomes the keyed token of its value (`tokens`). Taking something away can bring new
   neighbours together, so this is repeated until nothing is found any more: redacting twice is as once.

Lines that follow one another are looked at together (`redact_lines`), so that a private key over ten lines is
one finding; each line keeps its place, and the token stands in every line that held a part. Events that are close
share their context, so that it is remembered of the last lines whether there was anything in them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache
from typing import Final

from agent.redaction.addresses import Email
from agent.redaction.cards import Card
from agent.redaction.credentials import Credential, PrivateKey
from agent.redaction.customer import Customer
from agent.redaction.cuts import Cut
from agent.redaction.identities import ChineseIdentity, KoreanIdentity
from agent.redaction.model import Confidence, Detector, Found, Gate
from agent.redaction.passwords import Password
from agent.redaction.phones import Phone
from agent.redaction.prefilter import NUMBERS, has_word
from agent.redaction.spellings import Spelling, spellings, with_gaps_closed
from agent.redaction.tokens import TOKEN, token
from agent.settings.redaction import RedactionSettings

PASSES: Final = 5
SHOWS_ITSELF: Final = frozenset({"RRN", "ARC", "CNID", "PHONE", "CARD", "KEY", "EMAIL", "CUT"})  # by shape alone
ECHOED: Final = 64  # values of one text whose other places are looked for
LINES_KEPT: Final = 1_024  # of which it is remembered whether there is anything in them
KEPT_CHARS: Final = 500  # of each
ECHO_CHARS: Final = 6  # a shorter one is more often a word
_OPEN: Final = {
    (numbers, words): {Gate.ALWAYS, *([Gate.NUMBERS] if numbers else []), *([Gate.WORDS] if words else [])}
    for numbers in (False, True)
    for words in (False, True)
}


@dataclass(frozen=True)
class Finding:
    """A place that is hidden: `text[start:end]` becomes `token`."""

    start: int
    end: int
    label: str
    token: str
    confidence: Confidence
    detector: str


class _Look(IntEnum):
    """What a line by itself says of what is in it."""

    CLEAN = 0
    DIRTY = 1
    OPEN = 2  # something may go on in the next line
    KEY = 3  # a part of a private key, which may be any number of lines


class Redactor:
    """The customer's rules and key. Safe to call from several threads."""

    def __init__(self, settings: RedactionSettings, key: bytes) -> None:
        self.settings = settings
        self._key = key
        builtin: tuple[Detector, ...] = (
            *(PrivateKey(), Credential(), Password(), KoreanIdentity(), ChineseIdentity(), Card(), Phone(), Email()),
        )
        wanted = [detector for detector in builtin if getattr(settings, detector.name)]
        customers = [Customer(pattern) for pattern in settings.patterns]
        self._has_customers = bool(customers)
        self._look = lru_cache(maxsize=LINES_KEPT)(self._looked)  # contexts of events overlap
        self._detectors: list[Detector] = [*wanted, *customers, *([Cut()] if wanted or customers else [])]

    def redact(self, text: str) -> str:
        """The text with a token for each value; the same text when there is none."""
        return self.redact_lines([text])[0]

    def redact_lines(self, lines: Sequence[str]) -> list[str]:
        """Lines that follow one another, redacted together; as many as before."""
        redacted = list(lines)
        for _ in range(PASSES):
            findings = self.explain(redacted[0]) if len(redacted) == 1 else self._explain_lines(redacted)
            if not findings:
                break
            redacted = _replaced(redacted, findings)
        return redacted

    def _explain_lines(self, lines: list[str]) -> list[Finding]:
        """What would be hidden in one pass over the lines joined; places count through them.

        A line in which nothing is found by itself has nothing to hide in company either, but for parts of a private
        key, of a customer's own pattern, and of what the line's end leaves open.
        """
        looks = [self._look(line) if len(line) <= KEPT_CHARS else self._looked(line) for line in lines]
        if not any(looks):
            return []
        parts = _parts(lines, looks)
        text = "\n".join(lines)
        if _Look.KEY in looks or self._has_customers:
            return self.explain(text)
        found = [
            replace(each, start=each.start + offset, end=each.end + offset)
            for offset, part in parts
            for each in self._found(part)
            if each.start < each.end
        ]
        return self._findings(text, found)

    def _looked(self, line: str) -> _Look:
        if "PRIVATE KEY" in line:
            return _Look.KEY
        if _is_open(line):
            return _Look.OPEN
        return _Look.DIRTY if self.explain(line) else _Look.CLEAN

    def explain(self, text: str) -> list[Finding]:
        """What would be hidden in one pass, in order of place."""
        return self._findings(text, [each for each in self._found(text) if each.start < each.end])

    def _findings(self, text: str, found: list[Found]) -> list[Finding]:
        if not found:
            return []
        found += _echoes(text, found)
        return [self._finding(text, group) for group in _overlapping(_without_tokens(text, found))]

    def token(self, label: str, value: str) -> str:
        """The token of a value that is known to be one."""
        return token(label, value, self._key)

    def _finding(self, text: str, group: list[Found]) -> Finding:
        first = max(group, key=lambda each: each.end - each.start)  # the earlier detector, where they are equal
        start, end = min(each.start for each in group), max(each.end for each in group)
        value = first.value if (start, end) == (first.start, first.end) else text[start:end]
        return Finding(start, end, first.label, self.token(first.label, value), first.confidence, first.detector)

    def _found(self, text: str) -> Iterator[Found]:
        for spelling in spellings(text):
            has_numbers = NUMBERS.search(spelling.text) is not None
            yield from self._ask(spelling, _OPEN[has_numbers, has_word(spelling.text)])
            closed = with_gaps_closed(spelling) if has_numbers else None
            if closed is not None:
                yield from self._ask(closed, {Gate.NUMBERS})

    def _ask(self, spelling: Spelling, gates: AbstractSet[Gate]) -> Iterator[Found]:
        for detector in self._detectors:
            if detector.gate in gates:
                for found in detector.find(spelling.text):
                    start, end = spelling.original(found.start, found.end)
                    yield replace(found, start=start, end=end)


def _parts(lines: list[str], looks: list[_Look]) -> list[tuple[int, str]]:
    """Where there may be something, with its place: single lines, and those that belong together."""
    parts: list[tuple[int, str]] = []
    offset = first = 0
    for at, look in enumerate(looks):
        part = lines[at] if at == first else "\n".join(lines[first : at + 1])
        if at + 1 < len(lines) and (look is _Look.OPEN or (at > first and _is_open(part))):
            continue
        if look or at > first:
            parts.append((offset, part))
        offset += len(part) + 1
        first = at + 1
    return parts


def _is_open(text: str) -> bool:
    """Whether its end is in the middle of something: a number may go on behind a hyphen, a tag in the next line."""
    if text.endswith("-"):
        return True
    tag = text.rfind("<")
    return tag > text.rfind(">") and has_word(text[tag:])


def _echoes(text: str, found: list[Found]) -> list[Found]:
    """A value that was known by its name, at its other places in the text, where it has none."""
    secrets = {text[each.start : each.end]: each for each in found if each.label not in SHOWS_ITSELF}
    echoes = []
    for written, each in list(secrets.items())[:ECHOED]:
        at = text.find(written) if len(written) >= ECHO_CHARS else -1
        while at >= 0:
            echoes.append(replace(each, start=at, end=at + len(written)))
            at = text.find(written, at + len(written))
    return echoes


def _overlapping(found: list[Found]) -> Iterator[list[Found]]:
    """Groups of places that share a character; inside a group in the order they came."""
    order = sorted(range(len(found)), key=lambda at: found[at].start)
    group: list[int] = []
    reach = -1
    for at in order:
        if group and found[at].start >= reach:
            yield [found[each] for each in sorted(group)]
            group = []
        group.append(at)
        reach = max(reach, found[at].end) if len(group) > 1 else found[at].end
    if group:
        yield [found[each] for each in sorted(group)]


def _replaced(lines: list[str], findings: list[Finding]) -> list[str]:
    """The lines with their tokens; places count through the lines, a line end being one character."""
    replaced = []
    offset = next_at = 0
    for line in lines:
        end = offset + len(line)
        parts = []
        done = offset
        while next_at < len(findings) and findings[next_at].end <= offset:
            next_at += 1
        while next_at < len(findings) and findings[next_at].start < end:
            finding = findings[next_at]
            parts += [line[max(done, offset) - offset : max(finding.start, offset) - offset], finding.token]
            done = finding.end
            if finding.end > end:
                break  # it goes on in the next line
            next_at += 1
        replaced.append("".join([*parts, line[min(done, end) - offset :]]))
        offset = end + 1
    return replaced


def _without_tokens(text: str, found: list[Found]) -> list[Found]:
    """The findings that are not a token from before, or a part of one."""
    spans = [match.span() for match in TOKEN.finditer(text)]
    starts = [low for low, _ in spans]

    def is_token(each: Found) -> bool:
        at = bisect_right(starts, each.start) - 1
        return at >= 0 and each.end <= spans[at][1]

    return [each for each in found if not is_token(each)] if spans else found

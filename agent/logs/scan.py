"""Which code of a catalogue a record is: the first in the catalogue's order that matches any of its lines.

Python's `re` on the decoded line decides. So that 1,000 codes do not cost 1,000 searches a line, an engine
(folder `scanner`) looks through many lines at once and nominates: too many codes are allowed, too
few never. Beside the codes it looks for the words of severity; a line that has one and no code is an
unknown error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from agent.logs.scanner.choosing import choose_engine
from agent.logs.scanner.engines import RANK_BITS, RANK_MASK
from agent.logs.scanner.needles import find_needles
from wire.catalogue.dialect import compile_pattern
from wire.catalogue.model import Catalogue, ErrorCode, Module, Pattern

# What a line says that tells of an error, in capitals or as a word of its own; a source may name another.
SEVERITY: Final = (
    r"\b(?:ERROR|FATAL|CRIT|CRITICAL|SEVERE|ALERT|EMERG|PANIC|error|fatal|critical|crit|emerg|panic)\b"
    r"|(?:Exception|Error)\b|\bTraceback\b|오류|에러|장애|실패|错误|异常|失败|故障"
)


class Code:
    """One code with what decides about it; `rank` is its place in the catalogue's order."""

    __slots__ = ("_patterns", "error", "module", "rank")

    def __init__(self, rank: int, module: Module, error: ErrorCode) -> None:
        self.rank = rank
        self.module = module
        self.error = error
        self._patterns: list[re.Pattern[str] | str] | None = None  # made when first needed: most codes never are

    @property
    def patterns(self) -> list[re.Pattern[str] | str]:
        """For each entry of `match` a compiled pattern, or a literal as text."""
        if self._patterns is None:
            self._patterns = [_compiled(pattern) for pattern in self.error.match]
        return self._patterns

    def match(self, lines: Sequence[str]) -> Found | None:
        """The code with the first of its entries that matches a line, or None."""
        for pattern in self.patterns:
            for line in lines:
                if isinstance(pattern, str):
                    if pattern in line:
                        return Found(self, None)
                elif found := pattern.search(line):
                    return Found(self, found)
        return None


class Found(NamedTuple):
    """A record's code, and how it matched: None for a literal."""

    code: Code
    match: re.Match[str] | None

    @property
    def fields(self) -> dict[str, str]:
        """The named groups that took part in the match."""
        if self.match is None:
            return {}
        return {name: text for name, text in self.match.groupdict().items() if text is not None}


class HitLine(NamedTuple):
    """A line for which something was nominated: its bytes are `lines[at:stop]`, without the line end."""

    at: int
    stop: int
    ranks: list[int]  # ascending, perhaps repeated


class Scanner:
    """A catalogue made ready for searching. Holds no state between calls, but for the engine's memory."""

    def __init__(self, catalogue: Catalogue, folder: Path | None = None, severity: str = SEVERITY) -> None:
        """`folder` keeps compiled databases; `severity` matches lines that tell of an error."""
        self.catalogue = catalogue
        self.codes = [Code(rank, module, error) for rank, (module, error) in enumerate(catalogue.codes())]
        self.severity_rank = len(self.codes)
        self._severity = compile_pattern(severity)
        patterns = [(code.rank, pattern) for code in self.codes for pattern in code.error.match]
        needles = find_needles([*patterns, (self.severity_rank, Pattern(regex=severity))])
        self._unaided = {needle.rank for needle in needles if not needle.literals and not needle.regex}
        self._engine = choose_engine(needles, self._matches, folder)

    @property
    def engine(self) -> str:
        """The name of the engine at work."""
        return self._engine.name

    def unaided(self) -> list[Code]:
        """Codes of which a pattern is tried on every line, because nothing nominates it."""
        return [code for code in self.codes if code.rank in self._unaided]

    def hits(self, lines: bytes) -> Iterator[HitLine]:
        r"""The lines that may be something, in order; `lines` is UTF-8, each line ended by `\n`."""
        stop, ranks, at = -1, list[int](), 0
        for nomination in self._engine.nominate(lines):
            end = nomination >> RANK_BITS
            if end <= stop:
                ranks.append(nomination & RANK_MASK)
                continue
            if ranks:
                yield HitLine(at, stop, ranks)
            at, stop = lines.rfind(b"\n", 0, end) + 1, lines.find(b"\n", end)
            stop = len(lines) if stop < 0 else stop
            ranks = [nomination & RANK_MASK]
        if ranks:
            yield HitLine(at, stop, ranks)

    def decide(self, lines: Sequence[str], nominated: Sequence[int]) -> Found | None:
        """The first of the `nominated` codes, in the catalogue's order, that matches one of `lines`."""
        for rank in nominated if len(nominated) == 1 else sorted(set(nominated)):
            if rank >= self.severity_rank:
                break
            if found := self.codes[rank].match(lines):
                return found
        return None

    def find(self, lines: Sequence[str]) -> Found | None:
        """The code of one record."""
        text = "\n".join(lines) + "\n"
        nominated = [rank for hit in self.hits(text.encode("utf-8", "surrogatepass")) for rank in hit.ranks]
        return self.decide(lines, nominated)

    def severity_of(self, line: str) -> str | None:
        """The line's own word for an error, None when it tells of none."""
        found = self._severity.search(line)
        return found[0] if found else None

    def _matches(self, rank: int, line: str) -> bool:
        if rank == self.severity_rank:
            return self._severity.search(line) is not None
        return self.codes[rank].match([line]) is not None


def _compiled(pattern: Pattern) -> re.Pattern[str] | str:
    return compile_pattern(pattern.regex) if pattern.regex is not None else pattern.literal or ""

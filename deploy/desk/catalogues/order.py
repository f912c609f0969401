"""What the order of a catalogue does to its codes: which can never win, and which share lines; pure.

The first code that matches wins. Whether one pattern takes everything that another one takes cannot be
decided in general; decided is what can be: entries that say the same, literals inside literals, and
what happens to the catalogue's own samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agent.logs.scan import Code
from deploy.desk.catalogues.matching import Codes, lines_of
from wire.catalogue.model import Catalogue, Pattern
from wire.sentence import Sentence, sentence


@dataclass(frozen=True)
class Shadowed:
    """`code` cannot win while `by` stands above it."""

    code: str
    by: str

    def words(self) -> Sentence:
        """What to tell the author."""
        return sentence("{code} can never win: {by} stands above it and takes its lines", code=self.code, by=self.by)


@dataclass(frozen=True)
class Overlap:
    """A sample of `code` is matched by `other` below it too; the order decides."""

    code: str
    other: str
    sample: str

    def words(self) -> Sentence:
        """What to tell the author."""
        return sentence(
            "{code} and {other} share lines, the first wins: {sample}",
            code=self.code,
            other=self.other,
            sample=self.sample,
        )


def find_shadowed(catalogue: Catalogue) -> list[Shadowed]:
    """Codes that can never win, by what their entries say or on all of their own samples."""
    codes = Codes(catalogue)
    found: list[Shadowed] = []
    for code in codes.codes:
        above = codes.codes[: code.rank]
        by = _taken_by_entries(code, above) or _taken_on_samples(codes, code)
        if by is not None:
            found.append(Shadowed(code.error.code, by))
    return found


def find_overlaps(catalogue: Catalogue) -> list[Overlap]:
    """One for each pair of codes that share a sample of the upper one."""
    codes = Codes(catalogue)
    seen: set[tuple[int, int]] = set()
    return [overlap for code in codes.codes for overlap in _overlaps_of(codes, code, seen)]


def _overlaps_of(codes: Codes, code: Code, seen: set[tuple[int, int]]) -> Iterator[Overlap]:
    for sample in code.error.samples:
        lines = lines_of(sample)
        if code.match(lines) is None:
            continue
        for other in codes.codes[code.rank + 1 :]:
            if (code.rank, other.rank) not in seen and other.match(lines) is not None:
                seen.add((code.rank, other.rank))
                yield Overlap(code.error.code, other.error.code, sample)


def _taken_by_entries(code: Code, above: list[Code]) -> str | None:
    """The code above that takes the last free entry of this one, if every entry is taken."""
    takers = [next((upper for upper in above if _takes(upper.error.match, entry)), None) for entry in code.error.match]
    last = takers[-1] if takers and all(takers) else None
    return last.error.code if last is not None else None


def _takes(upper: list[Pattern], entry: Pattern) -> bool:
    """Whether each line that the entry matches is matched by an upper one for certain."""
    return any(
        above == entry or (above.literal is not None and entry.literal is not None and above.literal in entry.literal)
        for above in upper
    )


def _taken_on_samples(codes: Codes, code: Code) -> str | None:
    winners = [codes.find(sample) for sample in code.error.samples]
    if not winners or any(winner is None or winner.code.rank >= code.rank for winner in winners):
        return None
    first = winners[0]
    return first.code.error.code if first is not None else None

"""Each probe once, for `check`: what it would find now, without memory and without telling anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.health.rounds import DEADLINE_S
from agent.health.running import Attempt, Outcome
from agent.health.table import make_probes
from agent.health.thresholds import Bounds, Change, Level, judge_value
from agent.settings.reading import Loaded
from wire.catalogue.model import Catalogue
from wire.sentence import Sentence, sentence

TEXTS: Final = 5
SOON_S: Final = 60.0


@dataclass(frozen=True)
class Tried:
    """What became of one probe."""

    is_well: bool
    what: Sentence


@dataclass(frozen=True)
class _Alone:
    """The context of a probe that is read once, by a command."""

    known: Mapping[str, Catalogue]
    clock: Callable[[], float]

    def recall(self, probe: str) -> str:  # noqa: ARG002  # nothing was remembered
        return ""

    def catalogues(self) -> Mapping[str, Catalogue]:
        return self.known

    def clock_offset_s(self) -> float | None:
        return None

    def monotonic(self) -> float:
        return self.clock()


def try_probes(
    loaded: Loaded, now: datetime, monotonic: Callable[[], float], *, deadline_s: float = DEADLINE_S
) -> Iterator[Tried]:
    """Read every probe of these settings at the same time, and say of each what it found."""
    probes, problems = make_probes(loaded.settings, _Alone(loaded.catalogues, monotonic))
    for problem in problems:
        yield Tried(is_well=False, what=problem)
    begin = monotonic()
    attempts = [Attempt(probe, now, started_s=begin, on_end=lambda: None) for probe in probes]
    for attempt in attempts:
        attempt.start()
    for probe, attempt in zip(probes, attempts, strict=True):
        outcome = attempt.wait(max(0.0, begin + deadline_s - monotonic()))
        yield _tried(probe.name, outcome, deadline_s)


def _tried(name: str, outcome: Outcome | None, deadline_s: float) -> Tried:
    if outcome is None:
        words = sentence("probe {name}: no answer in {seconds} s", name=name, seconds=round(deadline_s))
        return Tried(is_well=False, what=words)
    if outcome.problem:
        return Tried(is_well=False, what=sentence("probe {name}: {problem}", name=name, problem=outcome.problem))
    bad = [found.text for found in outcome.readings if found.bounds and _is_beyond(found.bounds, found.value)]
    texts = bad or [found.text for found in outcome.readings]
    if not texts:
        return Tried(is_well=True, what=sentence("probe {name}: nothing to report", name=name))
    problem = "; ".join(texts[:TEXTS])
    return Tried(is_well=not bad, what=sentence("probe {name}: {problem}", name=name, problem=problem))


def _is_beyond(bounds: Bounds, value: float) -> bool:
    """Whether it is a fault, or will be in a minute. What has to last longer says little when it is read once."""
    if bounds.for_s > SOON_S:
        return False
    at_once = Bounds(bounds.raise_at, bounds.clear_at)
    return judge_value(at_once, value, Level(), 0.0)[1] is Change.RAISED

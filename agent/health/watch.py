"""Health as a loop: measure, judge, deposit sample, events and levels in one commit.

When the deposit fails nothing has happened: the levels in memory stay as they were, and the next
sample finds the same change again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

from agent.health.faults import Subject, Watched, event_of, subject_of
from agent.health.sampling import Members, Sample
from agent.health.thresholds import Change, Level, LevelState, judge, judge_running
from agent.settings.model import HealthSettings, Limit, WatchedProcess
from agent.spool.port import Deposit, Intake
from wire.messages import Event, Health

Verdicts = Iterator[tuple[Subject, Level, list[Change], str, str]]


class Sampling(Protocol):
    """Where samples come from."""

    def sample(self, watched: list[WatchedProcess], now: datetime) -> Sample:
        """Measure everything once."""


class HealthWatch:
    """Judges samples against the settings; the levels live in the spool."""

    def __init__(
        self,
        intake: Intake,
        settings: HealthSettings,
        *,
        sampler: Sampling,
        hostname: str,
        monotonic: Callable[[], float],
    ) -> None:
        self._intake = intake
        self.settings = settings
        self._sampler = sampler
        self._hostname = hostname
        self._monotonic = monotonic
        self._levels = {
            subject: Level(LevelState(state)) for key, state in intake.levels().items() if (subject := subject_of(key))
        }
        self._members: Members = {}

    def take(self, now: datetime) -> None:
        """Take one sample and deposit what follows from it; `SpoolFull` leaves everything as it was."""
        settings = self.settings
        sample = self._sampler.sample(settings.processes, now)
        levels, events = dict(self._levels), list[Event]()
        for subject, level, changes, text, value in self._verdicts(settings, sample):
            levels[subject] = level
            for change in changes:
                made = event_of(subject, change, hostname=self._hostname, text=text, value=value, now=now)
                events.append(made)
        changed = [
            (subject.key, level.state.value)
            for subject, level in levels.items()
            if level.state is not self._levels.get(subject, Level()).state
        ]
        self._intake.deposit(Deposit(events=events, levels=changed, health=sample.health))
        self._levels, self._members = levels, sample.members

    def _verdicts(self, settings: HealthSettings, sample: Sample) -> Verdicts:
        seen: set[Subject] = set()
        for subject, limit, value, text in _measured(settings, sample.health):
            seen.add(subject)
            level, change = judge(limit, value, self._levels.get(subject, Level()), self._monotonic())
            yield subject, level, [change] if change else [], text, f"{value:.1f}"
        for process in sample.health.processes:
            subject = Subject(Watched.PROCESS, process.name)
            seen.add(subject)
            yield self._judge_process(subject, sample.members[process.name])
        for subject, level in self._levels.items():
            if subject not in seen and level.state is LevelState.FIRING:
                yield subject, Level(), [Change.CLEARED], f"{subject.name or subject.key} is no longer watched", ""

    def _judge_process(
        self, subject: Subject, present: frozenset[tuple[int, float]]
    ) -> tuple[Subject, Level, list[Change], str, str]:
        level = self._levels.get(subject, Level())
        previous = self._members.get(subject.name, frozenset())
        changes = judge_running(previous=previous, present=present, is_firing=level.state is LevelState.FIRING)
        state = LevelState.OK if present else LevelState.FIRING
        pids = ", ".join(str(pid) for pid, _ in sorted(present)[:8])
        text = f"{subject.name} runs as {pids}" if present else f"{subject.name} is not running"
        return subject, Level(state), changes, text, str(len(present))


def _measured(settings: HealthSettings, health: Health) -> Iterator[tuple[Subject, Limit, float, str]]:
    cpu, memory = health.cpu_percent, health.memory_used_percent
    yield Subject(Watched.CPU), settings.cpu, cpu, f"the processor is {cpu:.1f} % busy"
    yield Subject(Watched.MEMORY), settings.memory, memory, f"memory is {memory:.1f} % used"
    for disk in health.disks:
        value = max(disk.used_percent, disk.inodes_used_percent)
        what = "inodes" if disk.inodes_used_percent > disk.used_percent else "bytes"
        yield Subject(Watched.DISK, disk.mount), settings.disk, value, f"{disk.mount} is {value:.1f} % full ({what})"

"""What a deposit becomes at each step, and what that leaves out. Pure.

The host's own events stay whole: they are few, and they tell what is wrong with the agent too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from agent.budgets.state import Step
from agent.spool.folding import overflow_of
from agent.spool.port import Deposit
from wire.catalogue.reading import HOST_PRODUCT
from wire.messages import Event, Gap, GapCause, UnknownError

SOURCE = "budget"


class Withheld(msgspec.Struct, frozen=True, omit_defaults=True):
    """How much was left out: texts of events, lines of context, samples, texts of unknown errors."""

    texts: int = 0
    context_lines: int = 0
    samples: int = 0
    unknowns: int = 0
    since: datetime | None = None
    until: datetime | None = None

    def __bool__(self) -> bool:
        return bool(self.texts or self.context_lines or self.samples or self.unknowns)

    def plus(self, other: Withheld) -> Withheld:
        """Both together."""
        times = [at for at in (self.since, other.since, self.until, other.until) if at is not None]
        return Withheld(
            self.texts + other.texts,
            self.context_lines + other.context_lines,
            self.samples + other.samples,
            self.unknowns + other.unknowns,
            min(times, default=None),
            max(times, default=None),
        )

    def gap(self, now: datetime) -> Gap:
        """What the collector is told of it."""
        return Gap(
            cause=GapCause.BUDGET,
            source=SOURCE,
            noticed_at=now,
            since=self.since,
            until=self.until,
            records_lost=self.texts + self.unknowns,
            detail=f"every event was counted; left out were the texts of {self.texts} events, {self.context_lines}"
            f" lines of context, {self.samples} samples, and the texts of {self.unknowns} unknown errors",
        )


def is_of_logs(deposit: Deposit) -> bool:
    """Whether this comes of reading logs: it may wait, because positions move with it or not at all."""
    is_product = any(event.product != HOST_PRODUCT for event in deposit.events)
    return bool(is_product or deposit.cursors or deposit.forgotten or deposit.unknowns or deposit.evidence)


def thinned(deposit: Deposit, step: Step) -> tuple[Deposit, Withheld]:
    """The deposit as it is stored at `step`, and what it leaves out."""
    if step is Step.FULL:
        return deposit, Withheld()
    events = [_thin_event(event, step) for event in deposit.events]
    unknowns = [overflow_of(error) if step is not Step.LEAN else error for error in deposit.unknowns]
    left_out = _left_out(deposit.events, events).plus(_forgotten(deposit.unknowns, unknowns))
    return dataclasses.replace(deposit, events=events, unknowns=unknowns), left_out


def _thin_event(event: Event, step: Step) -> Event:
    if event.product == HOST_PRODUCT:
        return event
    event = replace(event, before=[], after=[], samples=[])
    return event if step is Step.LEAN else replace(event, text="", fields={})


def _left_out(whole: Sequence[Event], thin: Sequence[Event]) -> Withheld:
    left = Withheld()
    for event, kept in zip(whole, thin, strict=True):
        context = len(event.before) + len(event.after) - len(kept.before) - len(kept.after)
        samples = len(event.samples) - len(kept.samples)
        texts = int(bool(event.text) and not kept.text)
        if texts or context or samples:
            left = left.plus(Withheld(texts, context, samples, 0, event.first_at, event.last_at))
    return left


def _forgotten(whole: Sequence[UnknownError], thin: Sequence[UnknownError]) -> Withheld:
    left = Withheld()
    for error, kept in zip(whole, thin, strict=True):
        if kept is not error:
            left = left.plus(Withheld(unknowns=1, since=error.first_at, until=error.last_at))
    return left

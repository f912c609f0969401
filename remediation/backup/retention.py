"""Which snapshots are kept, and when something looks too wrong to remove any. Pure.

A snapshot is judged by `arrived_at`, the receiver's clock: whoever steals a host can claim any time,
and would push the real snapshots out of the plan with a hundred forged ones. Where the receiver's time
is not known, nothing is removed.

In each period (day, week, month, year) the newest snapshot is kept, for as many periods as the policy
says, counted over periods that have a snapshot. A host that was switched off for a month loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from remediation.backup.model import Snapshot
from remediation.backup.policy_file import RetentionRule
from wire.sentence import Sentence, sentence

CLAIM_SLACK: Final = timedelta(hours=26)  # a long upload, and a host whose zone is wrong by half a day
FUTURE_SLACK: Final = timedelta(minutes=10)
SIZES: Final = 5  # the newest is compared with the median of so many before it
SMALL_BYTES: Final = 1_000_000  # below this, a change of size says nothing


@dataclass(frozen=True)
class Kept:
    """A snapshot and the rules that keep it."""

    snapshot: Snapshot
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What would stay and what would go, oldest first."""

    kept: tuple[Kept, ...]
    removed: tuple[Snapshot, ...]


def plan_retention(rule: RetentionRule, snapshots: Sequence[Snapshot], zone: str) -> Plan:
    """What the rule keeps of these snapshots; those of unknown arrival are always kept."""
    dated = sorted(_dated(snapshots), key=lambda pair: pair[0], reverse=True)
    local = ZoneInfo(zone)
    reasons: dict[str, list[str]] = {}
    for name, count, period in _periods(rule, local):
        for snapshot in _newest_of(dated, count, period):
            reasons.setdefault(snapshot.id, []).append(name)
    for snapshot in snapshots:
        if snapshot.arrived_at is None:
            reasons.setdefault(snapshot.id, []).append("unknown arrival")
    ordered = sorted(snapshots, key=lambda each: each.arrived_at or each.at)
    kept = tuple(Kept(each, tuple(reasons[each.id])) for each in ordered if each.id in reasons)
    return Plan(kept, tuple(each for each in ordered if each.id not in reasons))


def _dated(snapshots: Sequence[Snapshot]) -> Iterator[tuple[datetime, Snapshot]]:
    return ((each.arrived_at, each) for each in snapshots if each.arrived_at is not None)


_Period = Callable[[datetime, str], object]  # of an arrival and a snapshot's id


def _periods(rule: RetentionRule, zone: ZoneInfo) -> list[tuple[str, int, _Period]]:
    def local(at: datetime) -> datetime:
        return at.astimezone(zone)

    return [
        ("last", rule.last, lambda _, id_: id_),
        ("daily", rule.daily, lambda at, _: local(at).date()),
        ("weekly", rule.weekly, lambda at, _: local(at).isocalendar()[:2]),
        ("monthly", rule.monthly, lambda at, _: (local(at).year, local(at).month)),
        ("yearly", rule.yearly, lambda at, _: local(at).year),
    ]


def _newest_of(dated: Sequence[tuple[datetime, Snapshot]], count: int, period: _Period) -> Iterator[Snapshot]:
    """The newest snapshot of each of the newest `count` periods."""
    seen: set[object] = set()
    for at, snapshot in dated:
        name = period(at, snapshot.id)
        if name in seen:
            continue
        if len(seen) == count:
            return
        seen.add(name)
        yield snapshot


@dataclass(frozen=True)
class Suspicion:
    """Why nothing is removed: `code` for machines, words for people."""

    code: str
    words: Sentence


def suspicions(
    rule: RetentionRule, snapshots: Sequence[Snapshot], *, proven_at: datetime | None, now: datetime
) -> list[Suspicion]:
    """Everything that looks wrong; empty when snapshots may be removed."""
    ordered = sorted(snapshots, key=lambda each: each.arrived_at or each.at)
    return [
        *_without_arrival(ordered),
        *_wrong_times(ordered, now),
        *_shrunk(rule, ordered),
        *_unproven(rule, proven_at, now),
    ]


def _without_arrival(ordered: Sequence[Snapshot]) -> Iterator[Suspicion]:
    unknown = [each.id for each in ordered if each.arrived_at is None]
    if unknown:
        words = sentence(
            "{count} snapshots do not say when they arrived; prune where the receiver's clock can be read",
            count=len(unknown),
        )
        yield Suspicion("unknown_arrival", words)


def _wrong_times(ordered: Sequence[Snapshot], now: datetime) -> Iterator[Suspicion]:
    newest: Snapshot | None = None
    for each in ordered:
        if each.arrived_at is None:
            continue
        if max(each.at, each.arrived_at) > now + FUTURE_SLACK:
            yield _suspect("future", sentence("the snapshot {id} lies in the future: {at}", id=each.id, at=each.at))
        elif abs(each.at - each.arrived_at) > CLAIM_SLACK:
            words = sentence(
                "the snapshot {id} claims {at} and arrived {arrived}", id=each.id, at=each.at, arrived=each.arrived_at
            )
            yield _suspect("forged_time", words)
        if newest is not None and each.at < newest.at - FUTURE_SLACK:
            words = sentence(
                "the snapshot {id} arrived after {other} and claims an earlier time", id=each.id, other=newest.id
            )
            yield _suspect("out_of_order", words)
        newest = each if newest is None or each.at > newest.at else newest


def _shrunk(rule: RetentionRule, ordered: Sequence[Snapshot]) -> Iterator[Suspicion]:
    sized = [(each, each.size_bytes) for each in ordered if each.size_bytes is not None]
    if len(sized) <= 1:
        return
    *before, (newest, size) = sized[-SIZES - 1 :]
    usual = sorted(other for _, other in before)[len(before) // 2]
    if usual >= SMALL_BYTES and size < usual * (1 - rule.shrunk_percent / 100):
        words = sentence(
            "the newest snapshot {id} holds {size} bytes where {usual} are usual", id=newest.id, size=size, usual=usual
        )
        yield _suspect("shrunk", words)


def _unproven(rule: RetentionRule, proven_at: datetime | None, now: datetime) -> Iterator[Suspicion]:
    if proven_at is None:
        yield _suspect("no_proof", sentence("no drill has restored a database or service from here yet"))
    elif now - proven_at > timedelta(days=rule.proof_days):
        words = sentence("the newest proof is of {at}, older than {days} days", at=proven_at, days=rule.proof_days)
        yield _suspect("old_proof", words)


def _suspect(code: str, words: Sentence) -> Suspicion:
    return Suspicion(code, words)

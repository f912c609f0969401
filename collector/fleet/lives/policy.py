"""What an interruption was, and whether one identity is used by two hosts; pure.

The agent says in each health sample in which boot of the host and in which start of its own it was taken, and
as its last words whether it ends alone or with the host. Two samples that follow one another then tell:

================  ===================  ==============================  =====================
boot              start of the agent   last words                      what it was
================  ===================  ==============================  =====================
the same          the same             none                            the link
the same          another              of that start                   the agent was stopped
the same          another              none                            the agent crashed
another           any                  shutdown or reboot              as they say
another           any                  stopped                         the agent was stopped
another           any                  none                            the host crashed
================  ===================  ==============================  =====================

A copied machine has the same key as its original. Both number their batches on from the same place, so that one
of them learns at once that its number is taken and begins a new epoch (`wire.envelope`). An agent never goes back
to an epoch that it has left; so an epoch that comes back is another machine. One return is let pass: a
request that a proxy held up may arrive late.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from wire.lives import Ending, EndingCause
from wire.messages import Health

RETURNS_TOLERATED = 1


class Interruption(StrEnum):
    """Why nothing was heard, or why the agent began anew."""

    LINK = "link"
    AGENT_STOPPED = "agent_stopped"
    AGENT_CRASHED = "agent_crashed"
    SHUTDOWN = "shutdown"
    REBOOT = "reboot"
    HOST_CRASHED = "host_crashed"


_BY_WORDS = {
    EndingCause.STOPPED: Interruption.AGENT_STOPPED,
    EndingCause.SHUTDOWN: Interruption.SHUTDOWN,
    EndingCause.REBOOT: Interruption.REBOOT,
}


@dataclass(frozen=True)
class Life:
    """What is known of one host's agent. `lost_at` is when it was last heard before it was missed."""

    boot_id: str = ""
    session: int = 0
    last_words: Ending | None = None
    lost_at: datetime | None = None

    @property
    def words(self) -> EndingCause | None:
        """How this life ended by its own words; None: it has not, or said nothing."""
        last = self.last_words
        is_mine = last is not None and last.boot_id == self.boot_id and last.session == self.session
        return last.cause if last is not None and is_mine else None


@dataclass(frozen=True)
class Found:
    """One interruption that is over; `lost_at` is None where nobody had missed the host yet."""

    what: Interruption
    lost_at: datetime | None


@dataclass(frozen=True)
class Passage:
    """The life after some records, and what they told."""

    life: Life
    found: tuple[Found, ...] = ()


def live_on(life: Life, records: Iterable[Health | Ending], skew: timedelta) -> Passage:
    """Follow records in their order. `skew` is the host's clock minus ours.

    >>> from wire.messages import EXAMPLE_TIME
    >>> sample = Health(sampled_at=EXAMPLE_TIME, boot_id="b", uptime_s=1, cpu_percent=1, load_1m=0, cpu_count=1,
    ...                 memory_total_bytes=1, memory_used_percent=1, session=2)
    >>> live_on(Life("b", 1), [sample], timedelta()).found[0].what.value
    'agent_crashed'
    """
    found: list[Found] = []
    for record in records:
        if isinstance(record, Ending):
            life = replace(life, last_words=record)
            continue
        here = Life(record.boot_id, record.session)
        if (here.boot_id, here.session) != (life.boot_id, life.session):
            if life.boot_id and _is_told_apart(life, here):
                found.append(Found(_between(life, here), life.lost_at))
            life = here
        elif life.lost_at is not None and record.sampled_at - skew > life.lost_at:
            found.append(Found(Interruption.LINK, life.lost_at))
            life = replace(life, lost_at=None)
    return Passage(life, tuple(found))


def _is_told_apart(before: Life, after: Life) -> bool:
    """An agent of before or after that does not number its starts tells boots apart, and nothing else."""
    return before.boot_id != after.boot_id or bool(before.session and after.session)


def _between(before: Life, after: Life) -> Interruption:
    if before.words is not None:
        is_same_boot = before.boot_id == after.boot_id
        return Interruption.AGENT_STOPPED if is_same_boot else _BY_WORDS[before.words]
    return Interruption.AGENT_CRASHED if before.boot_id == after.boot_id else Interruption.HOST_CRASHED


@dataclass(frozen=True)
class Epochs:
    """The epoch that an agent was last heard in, and how often it came back to one that it had left."""

    newest: str = ""
    returns: int = 0

    @property
    def is_clone(self) -> bool:
        """Whether two machines use this identity."""
        return self.returns > RETURNS_TOLERATED


def heard_in(epochs: Epochs, epoch: str, *, is_first: bool) -> Epochs:
    """One more batch; `is_first` says that none of this epoch was applied before.

    >>> there = heard_in(Epochs("a"), "b", is_first=True)
    >>> heard_in(heard_in(there, "a", is_first=False), "b", is_first=False).is_clone
    True
    """
    if epoch == epochs.newest:
        return epochs
    return Epochs(epoch, epochs.returns if is_first or not epochs.newest else epochs.returns + 1)

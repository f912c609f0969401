"""What a batch says about the life of its host: interruptions are named on the ticket, clones are quarantined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.errors import CollectorError
from collector.fleet.enrolment import collector_event
from collector.fleet.lives import repository
from collector.fleet.lives.policy import Found, heard_in, live_on
from collector.fleet.model import KnownAgent, Watched
from collector.store.database import Connection, Store
from collector.tickets.codebook import CLONED_CODE, TRUST_MODULE
from collector.tickets.desk.model import SILENT_CODE, SITE_MODULE
from collector.tickets.model import RULE, ChangeKind, TicketChange
from collector.tickets.timeline.writing import append
from wire.fingerprint import ticket_fingerprint
from wire.lives import Ending
from wire.messages import Event, Health
from wire.sentence import sentence


class NotHeld(CollectorError):
    """There is no such agent in quarantine."""


@dataclass(frozen=True)
class Heard:
    """One batch as this sees it. `is_first`: nothing of its epoch was applied before; `skew`: host clock minus ours."""

    epoch: str
    is_first: bool
    records: Sequence[Health | Ending]
    skew: timedelta
    at: datetime


def follow(connection: Connection, host: KnownAgent, heard: Heard, new_secret: Callable[[], str]) -> Event | None:
    """Keep what a batch tells, name interruptions on the ticket of the silence; the event of a clone if it is one."""
    known = repository.read(connection, host.id)
    passage = live_on(known.life, heard.records, heard.skew)
    if passage.life != known.life:
        repository.save_life(connection, host.id, passage.life)
    for found in passage.found:
        repository.save_interruption(connection, host.id, found.what, heard.at)
        _explain(connection, host.site_id, known.hostname, found, heard.at)
    epochs = heard_in(known.epochs, heard.epoch, is_first=heard.is_first)
    if epochs != known.epochs:
        repository.save_epochs(connection, host.id, epochs)
    if known.quarantined_at is not None or not epochs.is_clone:
        return None
    repository.quarantine(connection, host.id, heard.at)
    identity = {"host": known.hostname}
    return collector_event(TRUST_MODULE, CLONED_CODE, identity, event_id=new_secret(), now=heard.at)


def _explain(connection: Connection, site: str, hostname: str, found: Found, now: datetime) -> None:
    if found.lost_at is not None:
        _write(connection, site, hostname, now, {"cause": found.what.value, "since": found.lost_at.isoformat()})


def say_why(connection: Connection, missed: Watched, now: datetime) -> None:
    """The host is missed: its last words stand on the ticket, if it had any."""
    life = repository.note_lost(connection, missed.id)
    if life.words is not None:
        _write(connection, missed.site_id, missed.hostname, now, {"words": life.words.value})


def _write(connection: Connection, site: str, hostname: str, now: datetime, detail: dict[str, str | int]) -> None:
    key = ticket_fingerprint(site, SITE_MODULE, SILENT_CODE, {"host": hostname})
    number = repository.ticket_of(connection, key)
    if number is not None:
        append(connection, site, [TicketChange(now, ChangeKind.EXPLAINED, number, detail)], actor=RULE)


def release(store: Store, agent_id: str) -> None:
    """A person has seen to it that one machine uses this identity; `NotHeld`."""
    with store.writing() as connection:
        if not repository.release(connection, agent_id):
            raise NotHeld(sentence("there is no agent {agent} in quarantine", agent=agent_id))

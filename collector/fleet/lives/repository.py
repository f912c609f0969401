"""Lives, epochs and quarantine in the agents' rows, and the ticket of a host's silence; SQL only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from collector.fleet.lives.policy import Epochs, Interruption, Life
from collector.store.meta import touch_registry
from collector.store.tables import agent, fingerprint, ticket
from wire.lives import Ending

_encode = msgspec.json.Encoder().encode
_words: msgspec.json.Decoder[Ending] = msgspec.json.Decoder(Ending)

_COLUMNS = ("hostname", "boot_id", "life_session", "last_words", "lost_at", "epoch", "epoch_returns", "quarantined_at")
_READ = select(*(agent.c[name] for name in _COLUMNS)).where(agent.c.id == bindparam("agent_id"))
_MINE = update(agent).where(agent.c.id == bindparam("agent_id"))


@dataclass(frozen=True)
class Known:
    """What the row of an agent says."""

    hostname: str
    life: Life
    epochs: Epochs
    quarantined_at: datetime | None


def read(connection: Connection, agent_id: str) -> Known:
    """What is known of one agent."""
    row = connection.execute(_READ, {"agent_id": agent_id}).one()
    words = _words.decode(row.last_words) if row.last_words else None
    life = Life(row.boot_id, row.life_session, words, row.lost_at)
    return Known(row.hostname, life, Epochs(row.epoch, row.epoch_returns), row.quarantined_at)


def save_life(connection: Connection, agent_id: str, life: Life) -> None:
    """The life as it is now."""
    words = _encode(life.last_words).decode() if life.last_words else None
    values = {"boot_id": life.boot_id, "life_session": life.session, "last_words": words, "lost_at": life.lost_at}
    connection.execute(_MINE.values(values), {"agent_id": agent_id})


def save_epochs(connection: Connection, agent_id: str, epochs: Epochs) -> None:
    """The epochs as they are now."""
    values = {"epoch": epochs.newest, "epoch_returns": epochs.returns}
    connection.execute(_MINE.values(values), {"agent_id": agent_id})


def save_interruption(connection: Connection, agent_id: str, what: Interruption, at: datetime) -> None:
    """The newest interruption, and when it was known."""
    values = {"interruption": what.value, "interrupted_at": at}
    connection.execute(_MINE.values(values), {"agent_id": agent_id})


def note_lost(connection: Connection, agent_id: str) -> Life:
    """The host is missed: remember when it was last heard; its life as it was."""
    connection.execute(_MINE.values(lost_at=agent.c.last_seen_at), {"agent_id": agent_id})
    return read(connection, agent_id).life


def quarantine(connection: Connection, agent_id: str, now: datetime) -> None:
    """Nothing is sent down to this identity any more."""
    connection.execute(_MINE.values(quarantined_at=now), {"agent_id": agent_id})
    touch_registry(connection)


def release(connection: Connection, agent_id: str) -> bool:
    """End the quarantine; false when there is no such agent, or it is in none."""
    held = (agent.c.id == agent_id) & agent.c.quarantined_at.is_not(None)
    done = connection.execute(update(agent).where(held).values(quarantined_at=None, epoch_returns=0)).rowcount == 1
    touch_registry(connection)
    return done


def ticket_of(connection: Connection, key: str) -> int | None:
    """The newest ticket of the fingerprint with this hash."""
    query = (
        select(ticket.c.id)
        .join(fingerprint, fingerprint.c.id == ticket.c.fingerprint_id)
        .where(fingerprint.c.hash == key)
        .order_by(ticket.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none()

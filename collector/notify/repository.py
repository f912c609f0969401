"""Messages and their histories in the database; SQL only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, literal, select, update

from collector.notify.model import About, Channel, Draft, Parcel
from collector.notify.policy import lease_end
from collector.notify.port import Outcome
from collector.notify.sources.repository import TICKET, about_of, problem_of
from collector.notify.state import MessageEvent, MessageState, after
from collector.store.tables import message, message_attempt, recipient, site, ticket, webhook
from collector.store.upserts import upsert

DETAIL_CHARS = 500
COURIER = "courier"  # the actor of what no person did

# ---------------------------------------------------------------- making messages


def add(connection: Connection, draft: Draft, unique: str, now: datetime) -> int:
    """The id of a new message; 0 when somebody was told already. `unique` is 128 random bits."""
    row = upsert(message).values(_row(draft, unique, now)).on_conflict_do_nothing()
    return int(connection.execute(row.returning(message.c.id)).scalar_one_or_none() or 0)


def add_all(connection: Connection, drafts: Sequence[tuple[Draft, str]], now: datetime) -> None:
    """Many messages, each with 128 random bits; those that were made before are left as they are."""
    if drafts:
        rows = [_row(draft, unique, now) for draft, unique in drafts]
        connection.execute(upsert(message).on_conflict_do_nothing(), rows)


def waiting(connection: Connection) -> dict[tuple[str, int, str], int]:
    """How many messages wait or are gathered for each address: (channel, target, state) -> count."""
    names = (message.c.channel, message.c.target_id, message.c.state)
    states = [MessageState.WAITING.value, MessageState.GATHERED.value]
    query = (
        select(*names, func.count())
        .where(message.c.channel.in_([each.value for each in Channel]), message.c.state.in_(states))
        .group_by(*names)
    )
    return {(row[0], row[1], row[2]): row[3] for row in connection.execute(query)}


def pages_since(connection: Connection, since: datetime) -> dict[int, int]:
    """How many pages each recipient has been sent since then, those that were gathered not counted."""
    sent = (
        (message.c.created_at > since)
        & (message.c.kind == "page")
        & message.c.state.not_in([MessageState.GATHERED.value, MessageState.FOLDED.value])
    )
    query = select(message.c.target_id, func.count()).where(sent).group_by(message.c.target_id)
    return {row[0]: row[1] for row in connection.execute(query)}


def paged(connection: Connection, about: About) -> set[int]:
    """Recipients who have had a page about this ticket or problem."""
    same = message.c.ticket_id == about.ticket_id if about.ticket_id else message.c.problem_id == about.problem_id
    return set(connection.execute(select(message.c.target_id).where(same, message.c.kind == "page")).scalars())


def gathered_for(connection: Connection, now: datetime) -> list[int]:
    """Recipients for whom the first of what was gathered is due."""
    query = (
        select(message.c.target_id)
        .where(
            message.c.channel == Channel.MAIL.value,
            message.c.state == MessageState.GATHERED.value,
            message.c.next_at <= now,
        )
        .distinct()
    )
    return list(connection.execute(query).scalars())


def gathered(connection: Connection, recipient_id: int, limit: int) -> list[tuple[int, datetime, str, About]]:
    """What was gathered for somebody, the oldest first: id, when, why, about what."""
    query = (
        select(message.c.id, message.c.created_at, message.c.cause, message.c.problem_id, *TICKET)
        .outerjoin(ticket, ticket.c.id == message.c.ticket_id)
        .outerjoin(site, site.c.id == message.c.site_id)
        .where(
            message.c.channel == Channel.MAIL.value,
            message.c.target_id == recipient_id,
            message.c.state == MessageState.GATHERED.value,
        )
        .order_by(message.c.id)
        .limit(limit)
    )
    return [
        (row.id, row.created_at, row.cause, about_of(row, problem_of(connection, row.problem_id)))
        for row in connection.execute(query).all()
    ]


def fold(connection: Connection, ids: Sequence[int], digest_id: int, now: datetime) -> None:
    """These are told by that message."""
    folded = after(MessageState.GATHERED, MessageEvent.FOLD)
    values = {"state": folded.value, "digest_id": digest_id, "settled_at": now, "next_at": None}
    connection.execute(update(message).where(message.c.id.in_(ids)).values(**values))


def move(
    connection: Connection,
    ids: Sequence[int],
    state: MessageState,
    event_: MessageEvent,
    now: datetime,
    detail: str,
    *,
    actor: str = COURIER,
) -> None:
    """One event for several messages that are in one state, with its row in the history of each."""
    if not ids:
        return
    then = after(state, event_)
    is_over = then in {MessageState.DEAD, MessageState.SENT}
    values: dict[str, Any] = {"state": then.value, "claimed_by": None, "claimed_until": None}
    values |= {"settled_at": now if is_over else None, "next_at": None if is_over else now}
    if event_ is MessageEvent.RESEND:
        values["attempts"] = 0
    connection.execute(update(message).where(message.c.id.in_(ids)).values(**values))
    connection.execute(insert(message_attempt), [_note(each, now, event_, detail, actor) for each in ids])


def withdraw(connection: Connection, channel: Channel, target_id: int, now: datetime, why: str) -> None:
    """What waits for an address will not be sent."""
    for state in (MessageState.WAITING, MessageState.GATHERED):
        mine = (message.c.channel == channel.value) & (message.c.target_id == target_id)
        query = select(message.c.id).where(mine, message.c.state == state.value)
        move(connection, list(connection.execute(query).scalars()), state, MessageEvent.WITHDRAW, now, why)


# ---------------------------------------------------------------- couriers


def lapse(connection: Connection, now: datetime) -> int:
    """Messages whose courier was not heard of again wait for another; returns how many."""
    sending = MessageState.SENDING
    query = select(message.c.id).where(message.c.state == sending.value, message.c.claimed_until <= now)
    ids = list(connection.execute(query).scalars())
    move(connection, ids, sending, MessageEvent.LAPSE, now, "nobody knows whether it arrived")
    return len(ids)


def has_lapsed(connection: Connection, now: datetime) -> bool:
    """Whether `lapse` would find any."""
    late = (message.c.state == MessageState.SENDING.value) & (message.c.claimed_until <= now)
    return connection.execute(select(message.c.id).where(late).limit(1)).first() is not None


def is_due(connection: Connection, channel: Channel, now: datetime) -> bool:
    """Whether a courier of this channel has something to do."""
    return connection.execute(_due(channel, now)).first() is not None


def claim(connection: Connection, channel: Channel, claim_id: str, now: datetime) -> Parcel | None:
    """Take the message that has waited longest, for `policy.LEASE_S`; one at a time for each address."""
    row = connection.execute(_due(channel, now)).mappings().first()
    if row is None:
        return None
    sending = after(MessageState.WAITING, MessageEvent.CLAIM)
    values = {"state": sending.value, "claimed_by": claim_id, "claimed_until": lease_end(now)}
    connection.execute(update(message).where(message.c.id == row["id"]).values(**values))
    return Parcel(**{**row, "channel": channel, "claim": claim_id})


def note(
    connection: Connection, parcel: Parcel, event_: MessageEvent, outcome: Outcome, now: datetime, duration_ms: int,
    next_at: datetime | None,
) -> bool:  # fmt: skip
    """Write down what one try came to; false when the claim had lapsed and the message is in other hands."""
    mine = (message.c.id == parcel.id) & (message.c.claimed_by == parcel.claim)
    then = after(MessageState.SENDING, event_)
    values: dict[str, Any] = {"state": then.value, "claimed_by": None, "claimed_until": None, "next_at": next_at}
    values |= {"attempts": message.c.attempts + 1, "settled_at": now if next_at is None else None}
    held = connection.execute(update(message).where(mine).values(**values)).rowcount == 1
    row = _note(parcel.id, now, event_, outcome.detail, COURIER)
    connection.execute(insert(message_attempt).values(**{**row, "status": outcome.status, "duration_ms": duration_ms}))
    return held


def _due(channel: Channel, now: datetime) -> Select[Any]:
    target = recipient if channel is Channel.MAIL else webhook
    secret = target.c.secret if channel is Channel.WEBHOOK else literal("")
    busy = select(message.c.target_id).where(
        message.c.channel == channel.value, message.c.state == MessageState.SENDING.value
    )
    ready = (target.c.held_until.is_(None) | (target.c.held_until <= now)) & target.c.removed_at.is_(None)
    if channel is Channel.WEBHOOK:
        ready &= target.c.disabled_at.is_(None)
    names = ("id", "uid", "target_id", "subject", "body", "created_at", "attempts")
    return (
        select(*(message.c[name] for name in names), target.c.address, secret.label("sealed_secret"))
        .join(target, target.c.id == message.c.target_id)
        .where(
            message.c.channel == channel.value,
            message.c.state == MessageState.WAITING.value,
            message.c.next_at <= now,
            ready,
            message.c.target_id.not_in(busy),
        )
        .order_by(message.c.next_at, message.c.id)
        .limit(1)
    )


def _row(draft: Draft, unique: str, now: datetime) -> dict[str, Any]:
    return {
        "uid": f"msg_{unique}",
        "dedupe_key": draft.dedupe_key,
        "channel": draft.channel.value,
        "target_id": draft.target_id,
        "kind": draft.kind,
        "cause": draft.cause,
        "site_id": draft.about.site_id,
        "ticket_id": draft.about.ticket_id,
        "problem_id": draft.about.problem_id,
        "subject": draft.subject,
        "body": draft.body,
        "created_at": now,
        "state": draft.state.value,
        "next_at": draft.next_at,
    }


def _note(message_id: int, now: datetime, event_: MessageEvent, detail: str, actor: str) -> dict[str, Any]:
    return {
        "message_id": message_id,
        "at": now,
        "event": event_.value,
        "detail": detail[:DETAIL_CHARS],
        "actor": actor,
    }

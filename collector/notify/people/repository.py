"""Recipients and webhooks in the database; SQL only. Rows stay when somebody is removed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from collector.notify.model import Quiet, Recipient, Webhook
from collector.store.tables import recipient, site, webhook
from collector.tickets.desk.model import NoticeKind

_TABLES = {"recipient": recipient, "webhook": webhook}


def list_recipients(connection: Connection) -> list[Recipient]:
    """Every recipient by name."""
    query = select(recipient).where(recipient.c.removed_at.is_(None)).order_by(recipient.c.name)
    return [_recipient(row) for row in connection.execute(query)]


def list_webhooks(connection: Connection) -> list[Webhook]:
    """Every webhook by name, disabled ones too."""
    query = select(webhook).where(webhook.c.removed_at.is_(None)).order_by(webhook.c.name)
    return [_webhook(row) for row in connection.execute(query)]


def find_recipient(connection: Connection, name: str) -> Recipient | None:
    """The recipient of that name."""
    live = (recipient.c.name == name) & recipient.c.removed_at.is_(None)
    row = connection.execute(select(recipient).where(live)).first()
    return None if row is None else _recipient(row)


def find_webhook(connection: Connection, name: str) -> Webhook | None:
    """The webhook of that name."""
    row = connection.execute(select(webhook).where((webhook.c.name == name) & webhook.c.removed_at.is_(None))).first()
    return None if row is None else _webhook(row)


def count(connection: Connection, table: str) -> int:
    """How many recipients or webhooks there are."""
    chosen = _TABLES[table]
    return int(connection.execute(select(func.count()).where(chosen.c.removed_at.is_(None))).scalar_one())


def add_recipient(connection: Connection, values: dict[str, Any]) -> None:
    """Insert one; lists are given as they are."""
    connection.execute(insert(recipient).values(**_columns(values)))


def change_recipient(connection: Connection, recipient_id: int, values: dict[str, Any]) -> None:
    """Other values, lists as they are; whatever was held for the address before is not held for this one."""
    row = {**_columns(values), "held_until": None}
    connection.execute(update(recipient).where(recipient.c.id == recipient_id).values(**row))


def change_webhook(connection: Connection, webhook_id: int, *, address: str, events: Sequence[str]) -> None:
    """Another address, other events."""
    row = {"address": address, "events": _json(events), "held_until": None}
    connection.execute(update(webhook).where(webhook.c.id == webhook_id).values(**row))


def add_webhook(connection: Connection, *, name: str, address: str, events: Sequence[str], now: datetime) -> int:
    """Insert one without its secret; returns its id."""
    row = {"name": name, "address": address, "secret": "", "events": _json(events), "created_at": now}
    return int(connection.execute(insert(webhook).values(**row).returning(webhook.c.id)).scalar_one())


def keep_secret(connection: Connection, webhook_id: int, sealed: str) -> None:
    """Store the sealed secret of a webhook."""
    connection.execute(update(webhook).where(webhook.c.id == webhook_id).values(secret=sealed))


def remove(connection: Connection, table: str, target_id: int, now: datetime) -> None:
    """Tell nobody there any more."""
    chosen = _TABLES[table]
    connection.execute(update(chosen).where(chosen.c.id == target_id).values(removed_at=now))


def disable_webhook(connection: Connection, webhook_id: int, at: datetime | None) -> None:
    """Call it no more; None calls it again."""
    connection.execute(update(webhook).where(webhook.c.id == webhook_id).values(disabled_at=at, held_until=None))


def hold(connection: Connection, table: str, target_id: int | None, until: datetime) -> None:
    """Try nothing there before that; every address of the channel where `target_id` is None."""
    chosen = _TABLES[table]
    query = update(chosen) if target_id is None else update(chosen).where(chosen.c.id == target_id)
    connection.execute(query.values(held_until=until))


def unknown_sites(connection: Connection, sites: Sequence[str]) -> list[str]:
    """Those of the ids that no site has."""
    known = set(connection.execute(select(site.c.id).where(site.c.id.in_(sites))).scalars())
    return sorted(set(sites) - known)


def _recipient(row: Any) -> Recipient:
    quiet = Quiet(row.quiet_from, row.quiet_until) if row.quiet_from and row.quiet_until else None
    return Recipient(
        id=row.id,
        name=row.name,
        address=row.address,
        language=row.language,
        kinds=tuple(NoticeKind(kind) for kind in msgspec.json.decode(row.kinds)),
        level=row.level,
        sites=tuple(msgspec.json.decode(row.sites)),
        zone=row.zone,
        quiet=quiet,
        created_at=row.created_at,
    )


def _webhook(row: Any) -> Webhook:
    return Webhook(
        id=row.id,
        name=row.name,
        address=row.address,
        events=tuple(msgspec.json.decode(row.events)),
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "kinds": _json(values["kinds"]), "sites": _json(values["sites"])}


def _json(value: Sequence[str]) -> str:
    return msgspec.json.encode(list(value)).decode()

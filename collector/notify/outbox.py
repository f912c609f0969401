"""Notices and timelines -> messages: one for each recipient and webhook that wants to hear.

Everything of one turn is one transaction: the messages, and how far everything has been told. The
dedupe key of a message names what it tells and to whom, so that a second turn over the same rows
adds nothing. A turn reads a bounded number of rows; what is left is there at the next turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from collector.notify import events
from collector.notify import repository as rows
from collector.notify.model import KIND_EVENT, About, Changed, Channel, Draft, Noticed, Recipient, Webhook
from collector.notify.people import repository as people
from collector.notify.policy import is_page_now, wants
from collector.notify.sources import repository as sources
from collector.notify.state import MessageState
from collector.notify.wording import Wording
from collector.settings import Settings
from collector.store.database import Connection, Store
from collector.tickets.desk.model import NoticeKind

ROWS = 50  # notices, and rows of timelines, in one transaction


@dataclass(frozen=True)
class Outbox:
    """Over one store."""

    store: Store
    settings: Settings
    new_secret: Callable[[], str]

    def turn(self, now: datetime) -> int:
        """Tell what has happened since the last turn; returns how many rows were read."""
        with self.store.reading() as connection:
            if not self._news(connection):
                return 0
        with self.store.writing() as connection:
            noticed, changed = self._read(connection)
            recipients, webhooks = people.list_recipients(connection), people.list_webhooks(connection)
            writer = _Writer(connection, self.settings, now, self.new_secret)
            for notice in noticed:
                writer.tell_people(notice, recipients)
                for event in events.of_notice(notice.cause):
                    writer.tell_programs(event, f"notice:{notice.id}", notice.at, notice.about, {}, webhooks)
            for change in changed:
                for event in events.of_change(change.about.kind, change.kind):
                    detail = {name: change.detail[name] for name in ("from", "to") if name in change.detail}
                    writer.tell_programs(event, f"change:{change.id}", change.at, change.about, detail, webhooks)
        return len(noticed) + len(changed)

    @staticmethod
    def _news(connection: Connection) -> bool:
        has_notices = sources.notices_after(connection, sources.told(connection, sources.NOTICES), 1)
        return bool(has_notices) or sources.newest_change(connection) > sources.told(connection, sources.CHANGES)

    @staticmethod
    def _read(connection: Connection) -> tuple[list[Noticed], list[Changed]]:
        noticed = sources.notices_after(connection, sources.told(connection, sources.NOTICES), ROWS)
        if noticed:
            sources.keep_told(connection, sources.NOTICES, noticed[-1].id)
        newest = sources.newest_change(connection)
        last = sources.told(connection, sources.CHANGES)
        changed = sources.changes_after(connection, last, tuple(events.OF_TICKETS), ROWS)
        sources.keep_told(connection, sources.CHANGES, changed[-1].id if len(changed) == ROWS else newest)
        return noticed, changed


@dataclass(frozen=True)
class _Writer:
    """Of one transaction."""

    connection: Connection
    settings: Settings
    now: datetime
    new_secret: Callable[[], str]

    def tell_people(self, noticed: Noticed, recipients: Sequence[Recipient]) -> None:
        """Mails, at once or gathered."""
        about = noticed.about
        for each in recipients:
            if wants(each, noticed.kind, site_id=about.site_id, level=about.level):
                self._add(self._mail(noticed, each))

    def _mail(self, noticed: Noticed, recipient: Recipient) -> Draft:
        about = noticed.about
        is_now = noticed.kind == NoticeKind.CUSTOMER or (
            noticed.kind == NoticeKind.PAGE and self._pages(recipient, about)
        )
        if is_now and noticed.kind != NoticeKind.CUSTOMER and about.ticket_id is not None and self._may_quote():
            about = replace(about, evidence=sources.evidence_of(self.connection, about.ticket_id))
        letter = Wording(recipient.language, self.settings.console_address).letter(
            noticed.kind, noticed.cause, about, noticed.at
        )
        due = self.now if is_now else self.now + timedelta(seconds=self.settings.messages.digest_s)
        is_once = noticed.kind == NoticeKind.CUSTOMER and about.ticket_id is not None
        topic = f"customer:{about.ticket_id}" if is_once else f"notice:{noticed.id}"
        return Draft(
            dedupe_key=f"{topic}:mail:{recipient.id}",
            channel=Channel.MAIL,
            target_id=recipient.id,
            kind=noticed.kind,
            cause=noticed.cause,
            about=about,
            subject=letter.subject,
            body=letter.text,
            state=MessageState.WAITING if is_now else MessageState.GATHERED,
            next_at=due,
        )

    def _pages(self, recipient: Recipient, about: About) -> bool:
        limits = self.settings.messages
        since = self.now - timedelta(seconds=limits.page_window_s)
        return is_page_now(
            recent=rows.pages_since(self.connection, recipient.id, since),
            is_first=not rows.has_paged(self.connection, recipient.id, about),
            limit=limits.pages,
        )

    def _may_quote(self) -> bool:
        return self.settings.mail is not None and self.settings.mail.include_evidence

    def tell_programs(
        self, event: str, topic: str, at: datetime, about: About, detail: dict[str, Any], webhooks: Sequence[Webhook]
    ) -> None:
        """Calls."""
        address = f"{self.settings.console_address.rstrip('/')}/tickets/{about.number}" if about.number else None
        body = event_body(event, at, {**about_view(about), **detail, "address": address})
        for each in webhooks:
            if each.disabled_at is None and (not each.events or event in each.events):
                self._add(
                    Draft(
                        dedupe_key=f"{topic}:{event}:webhook:{each.id}",
                        channel=Channel.WEBHOOK,
                        target_id=each.id,
                        kind=KIND_EVENT,
                        cause=event,
                        about=about,
                        subject=event,
                        body=body,
                        state=MessageState.WAITING,
                        next_at=self.now,
                    )
                )

    def _add(self, draft: Draft) -> None:
        rows.add(self.connection, draft, self.new_secret(), self.now)


def event_body(event: str, at: datetime, content: dict[str, Any]) -> str:
    """The body of a call: type, timestamp and data, as Standard Webhooks names them."""
    whole = {"type": event, "timestamp": _instant(at), "data": content}
    return msgspec.json.encode(whole).decode()


def about_view(about: About) -> dict[str, Any]:
    """What a call says of a ticket or problem; nothing that a host's log said."""
    title = about.title
    return {
        "ticket": about.number or None,
        "problem": about.problem_id,
        "kind": about.kind or None,
        "site": about.site_id,
        "module": about.module or None,
        "code": about.code or None,
        "level": about.level,
        "status": about.status or None,
        "title": None if title is None else {"en": title.en, "ko": title.ko, "zh": title.zh},
        "opened_at": None if about.opened_at is None else _instant(about.opened_at),
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

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
from collector.notify.policy import GATHERED_MAX, WAITING_MAX, is_page_now, wants
from collector.notify.sources import repository as sources
from collector.notify.state import MessageEvent, MessageState
from collector.notify.wording import Letter, Wording
from collector.settings import Settings
from collector.store.database import Connection, Store
from collector.tickets.desk.model import NoticeKind

ROWS = 50  # notices, and rows of timelines, in one transaction
MESSAGES = 400  # made in one transaction, which holds the write lock for some 50 ms; one row may make more


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
            recipients, webhooks = people.list_recipients(connection), people.list_webhooks(connection)
            limit = min(ROWS, max(1, MESSAGES // (len(recipients) + len(webhooks) + 1)))
            noticed, changed = self._read(connection, limit)
            writer = _Writer(connection, self.settings, now, self.new_secret)
            for notice in noticed:
                writer.tell_people(notice, recipients)
                for event in events.of_notice(notice.cause):
                    writer.tell_programs(event, f"notice:{notice.id}", notice.at, notice.about, {}, webhooks)
            for change in changed:
                for event in events.of_change(change.about.kind, change.kind):
                    detail = {name: change.detail[name] for name in ("from", "to") if name in change.detail}
                    writer.tell_programs(event, f"change:{change.id}", change.at, change.about, detail, webhooks)
            writer.write()
        return len(noticed) + len(changed)

    @staticmethod
    def _news(connection: Connection) -> bool:
        has_notices = sources.notices_after(connection, sources.told(connection, sources.NOTICES), 1)
        return bool(has_notices) or sources.newest_change(connection) > sources.told(connection, sources.CHANGES)

    @staticmethod
    def _read(connection: Connection, limit: int) -> tuple[list[Noticed], list[Changed]]:
        noticed = sources.notices_after(connection, sources.told(connection, sources.NOTICES), limit)
        if noticed:
            sources.keep_told(connection, sources.NOTICES, noticed[-1].id)
        newest = sources.newest_change(connection)
        last = sources.told(connection, sources.CHANGES)
        changed = sources.changes_after(connection, last, tuple(events.OF_TICKETS), limit)
        sources.keep_told(connection, sources.CHANGES, changed[-1].id if len(changed) == limit else newest)
        return noticed, changed


@dataclass
class _Writer:
    """Of one transaction: asks the database once, then counts along."""

    connection: Connection
    settings: Settings
    now: datetime
    new_secret: Callable[[], str]

    def __post_init__(self) -> None:
        since = self.now - timedelta(seconds=self.settings.messages.page_window_s)
        self._pages = rows.pages_since(self.connection, since)
        self._waiting = rows.waiting(self.connection)
        self._drafts: list[tuple[Draft, str]] = []
        self._paged: dict[tuple[int | None, int | None], set[int]] = {}
        self._letters: dict[tuple[int, str], Letter] = {}

    def tell_people(self, noticed: Noticed, recipients: Sequence[Recipient]) -> None:
        """Mails, at once or gathered."""
        about = noticed.about
        told = [each for each in recipients if wants(each, noticed.kind, site_id=about.site_id, level=about.level)]
        if told and noticed.kind == NoticeKind.PAGE and about.ticket_id is not None and self._may_quote():
            evidence = sources.evidence_of(self.connection, about.ticket_id)
            noticed = replace(noticed, about=replace(about, evidence=evidence))
        for each in told:
            self._add(self._mail(noticed, each))

    def _mail(self, noticed: Noticed, recipient: Recipient) -> Draft:
        about = noticed.about
        is_customers = noticed.kind == NoticeKind.CUSTOMER
        is_now = is_customers or (noticed.kind == NoticeKind.PAGE and self._is_page_now(recipient.id, about))
        letter = self._letter(noticed, recipient.language)
        due = self.now if is_now else self.now + timedelta(seconds=self.settings.messages.digest_s)
        topic = f"customer:{about.ticket_id}" if is_customers and about.ticket_id else f"notice:{noticed.id}"
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

    def _letter(self, noticed: Noticed, language: str) -> Letter:
        key = (noticed.id, language)
        if key not in self._letters:
            words = Wording(language, self.settings.console_address)
            self._letters[key] = words.letter(noticed.kind, noticed.cause, noticed.about, noticed.at)
        return self._letters[key]

    def _is_page_now(self, recipient_id: int, about: About) -> bool:
        key = (about.ticket_id, about.problem_id)
        if key not in self._paged:
            self._paged[key] = rows.paged(self.connection, about)
        recent = self._pages.get(recipient_id, 0)
        is_first = recipient_id not in self._paged[key]
        if not is_page_now(recent=recent, is_first=is_first, limit=self.settings.messages.pages):
            return False
        self._paged[key].add(recipient_id)
        self._pages[recipient_id] = recent + 1
        return True

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
        """Note what is to be made. What an address with too many waiting would get is dead at once, and counted."""
        address = (draft.channel.value, draft.target_id, draft.state.value)
        before = self._waiting.get(address, 0)
        if before >= (GATHERED_MAX if draft.state is MessageState.GATHERED else WAITING_MAX):
            self._bury(draft)
            return
        self._waiting[address] = before + 1
        self._drafts.append((draft, self.new_secret()))

    def _bury(self, draft: Draft) -> None:
        made = rows.add(self.connection, draft, self.new_secret(), self.now)
        if made:
            words = "too many are waiting"
            rows.move(self.connection, [made], draft.state, MessageEvent.WITHDRAW, self.now, words)

    def write(self) -> None:
        """Make them."""
        rows.add_all(self.connection, self._drafts, self.now)


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

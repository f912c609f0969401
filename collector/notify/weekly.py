"""Once a week: what occurred and got no ticket, because its site has put the cure off or has not got it yet (R4d).

A week begins on Monday at midnight, UTC. One mail to each recipient of digests names what is of their sites and
levels; nothing to tell is no mail. A collector that was away tells when it is back, of all the time since.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.notify import repository as rows
from collector.notify.model import About, Channel, Draft, KnownError, Recipient
from collector.notify.people import repository as people
from collector.notify.policy import after_quiet, wants, week_of
from collector.notify.sources import repository as sources
from collector.notify.state import MessageState
from collector.notify.wording import KNOWN_ERRORS, LINES, Wording
from collector.settings import Settings
from collector.store.database import Connection, Store
from collector.store.meta import read_meta, write_meta
from collector.tickets.desk.model import NoticeKind

TOLD_AT = "known_errors_told_at"


@dataclass
class Weekly:
    """Over one store."""

    store: Store
    settings: Settings
    new_secret: Callable[[], str]
    _told_week: str = ""  # so that the database is not asked twice a second

    def tell(self, now: datetime) -> int:
        """Make the mails of a new week; returns how many."""
        week = week_of(now)
        if week == self._told_week:
            return 0
        with self.store.writing() as connection:
            told_at = read_meta(connection, TOLD_AT)
            since = now if told_at is None else datetime.fromisoformat(told_at)
            is_new = week_of(since) < week
            drafts = self._drafts(connection, since, now) if is_new else []
            rows.add_all(connection, [(draft, self.new_secret()) for draft in drafts], now)
            if is_new or told_at is None:  # a new database has nothing of the week before
                write_meta(connection, TOLD_AT, now.isoformat())
        self._told_week = week
        return len(drafts)

    def _drafts(self, connection: Connection, since: datetime, now: datetime) -> list[Draft]:
        found = sources.known_errors(connection, since)
        shares = [
            (recipient, [each for each in found if _is_theirs(recipient, each)])
            for recipient in people.list_recipients(connection)
        ]
        return [self._draft(recipient, theirs, since, now) for recipient, theirs in shares if theirs]

    def _draft(self, recipient: Recipient, found: Sequence[KnownError], since: datetime, now: datetime) -> Draft:
        words = Wording(recipient.language, self.settings.console_address)
        letter = words.known_errors(found[:LINES], len(found[LINES:]), since, recipient.zone)
        return Draft(
            dedupe_key=f"{KNOWN_ERRORS}:{week_of(now)}:mail:{recipient.id}",
            channel=Channel.MAIL,
            target_id=recipient.id,
            kind=NoticeKind.DIGEST.value,
            cause=KNOWN_ERRORS,
            about=About(),
            subject=letter.subject,
            body=letter.text,
            state=MessageState.WAITING,
            next_at=after_quiet(recipient.quiet, recipient.zone, now),
        )


def _is_theirs(recipient: Recipient, found: KnownError) -> bool:
    return wants(recipient, NoticeKind.DIGEST, site_id=found.site_id, level=found.level)

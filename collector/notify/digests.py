"""What was gathered for somebody becomes one mail: when the first of it is due, and not in quiet hours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from collector.notify import repository as rows
from collector.notify.model import About, Channel, Draft, Recipient
from collector.notify.people import repository as people
from collector.notify.policy import is_quiet
from collector.notify.state import MessageState
from collector.notify.wording import LINES, Wording
from collector.settings import Settings
from collector.store.database import Connection, Store
from collector.tickets.desk.model import NoticeKind

FOLDED_MAX = 5_000  # messages in one digest; `LINES` of them are named, the others counted
RECIPIENTS = 20  # in one transaction


@dataclass(frozen=True)
class Digests:
    """Over one store."""

    store: Store
    settings: Settings
    new_secret: Callable[[], str]

    def fold(self, now: datetime) -> int:
        """Make the digests that are due; returns how many."""
        with self.store.reading() as connection:
            due = self._due(connection, now)
        if not due:
            return 0
        with self.store.writing() as connection:
            for recipient in due[:RECIPIENTS]:
                self._fold(connection, recipient, now)
        return len(due[:RECIPIENTS])

    @staticmethod
    def _due(connection: Connection, now: datetime) -> list[Recipient]:
        waiting = set(rows.gathered_for(connection, now))
        if not waiting:
            return []
        known = people.list_recipients(connection)
        return [each for each in known if each.id in waiting and not is_quiet(each.quiet, each.zone, now)]

    def _fold(self, connection: Connection, recipient: Recipient, now: datetime) -> None:
        gathered = rows.gathered(connection, recipient.id, FOLDED_MAX)
        if not gathered:
            return  # somebody else was first
        entries = [(at, cause, about) for _, at, cause, about in gathered]
        letter = Wording(recipient.language, self.settings.console_address).digest(
            entries[:LINES], len(entries[LINES:])
        )
        unique = self.new_secret()
        draft = Draft(
            dedupe_key=f"digest:{gathered[0][0]}:mail:{recipient.id}",
            channel=Channel.MAIL,
            target_id=recipient.id,
            kind=NoticeKind.DIGEST.value,
            cause="digest",
            about=About(),
            subject=letter.subject,
            body=letter.text,
            state=MessageState.WAITING,
            next_at=now,
        )
        made = rows.add(connection, draft, unique, now)
        rows.fold(connection, [each[0] for each in gathered], made, now)

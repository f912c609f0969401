"""One courier's round: claim a message, send it, note what came of it.

No database lock is held while the network is used. Between sending and noting the process may die:
then the claim lapses and the message goes out again, under the same id. Whoever notes after the
claim has lapsed leaves a row in the history and changes nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.notify import repository as rows
from collector.notify.model import Channel, Parcel
from collector.notify.people import repository as people
from collector.notify.policy import event_of, hold_s, wait_s
from collector.notify.port import ChannelPort, Outcome, Verdict
from collector.notify.state import MessageEvent
from collector.store.database import Connection, Store

_TABLES = {Channel.MAIL: "recipient", Channel.WEBHOOK: "webhook"}


@dataclass(frozen=True)
class Courier:
    """For one channel. Several may run side by side, in one process or more."""

    store: Store
    channel: Channel
    port: ChannelPort
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    new_secret: Callable[[], str]

    def deliver(self) -> bool:
        """One message; false when none is due."""
        parcel = self.claim()
        if parcel is None:
            return False
        began = self.monotonic()
        outcome = self.port.send(parcel, self.now())
        self.note(parcel, outcome, int((self.monotonic() - began) * 1_000))
        return True

    def claim(self) -> Parcel | None:
        """The message that has waited longest; nobody else sends it for `policy.LEASE_S`."""
        now = self.now()
        with self.store.reading() as connection:
            if not rows.is_due(connection, self.channel, now):
                return None
        with self.store.writing() as connection:
            return rows.claim(connection, self.channel, self.new_secret(), now)

    def note(self, parcel: Parcel, outcome: Outcome, duration_ms: int) -> None:
        """Write down the outcome, and when to try again."""
        now, event = self.now(), event_of(outcome, parcel.attempts)
        wait = wait_s(parcel.attempts, outcome.wait_s, self._chance) if event is MessageEvent.AGAIN else None
        next_at = None if wait is None else now + timedelta(seconds=wait)
        with self.store.writing() as connection:
            rows.note(connection, parcel, event, outcome, now, duration_ms, next_at)
            self._spare(connection, parcel, outcome, now, wait)

    def _spare(
        self, connection: Connection, parcel: Parcel, outcome: Outcome, now: datetime, wait: float | None
    ) -> None:
        """Leave an address alone that is in trouble, or that wants to be left alone."""
        if outcome.verdict is Verdict.GONE:
            people.disable_webhook(connection, parcel.target_id, now)
            rows.withdraw(connection, self.channel, parcel.target_id, now, "the webhook answered 410: it is disabled")
        elif wait is not None:
            target = None if outcome.is_everybodys else parcel.target_id
            people.hold(connection, _TABLES[self.channel], target, now + timedelta(seconds=hold_s(wait)))

    def _chance(self) -> float:
        return int(self.new_secret()[:8], 16) / 2**32

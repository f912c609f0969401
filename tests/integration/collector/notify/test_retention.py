"""Messages go after their time, with their histories; the newest rows stay, so that no id begins again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Protocol

from collector.jobs.retention import delete_old
from collector.notify.outbox import Outbox
from collector.settings.model import Retention
from tests.fakes.exchange_desk import Clock


class Post(Protocol):
    parts: Any
    clock: Clock
    outbox: Outbox

    def tick(self) -> int: ...
    def recipient(self, name: str = "kim", **changed: Any) -> int: ...
    def ticket(self, **changed: Any) -> int: ...
    def notice(self, ticket_id: int | None) -> None: ...
    def one(self, sql: str, **values: Any) -> Any: ...


def test_old_messages_go_and_nothing_is_missed_afterwards(post: Post) -> None:
    post.recipient()
    for _ in range(3):
        post.notice(post.ticket())
    assert post.tick() == 3
    delete_old(post.parts.store, Retention(message_days=1), post.clock() + timedelta(days=2))
    for table in ("message", "message_attempt", "notice"):
        assert post.one(f"SELECT count(*) FROM {table}") == 1, table  # noqa: S608
    post.clock.move(days=2)
    post.notice(post.ticket())
    assert post.one("SELECT max(id) FROM notice") == 4
    assert post.tick() == 1

"""The log is filtered as asked, newest first, and sending again is only for dead letters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.notify import repository as messages
from collector.notify.log import repository as rows
from collector.notify.log.repository import MessageFilter
from collector.notify.log.service import MessageRefused, send_again
from collector.notify.people import service as people
from collector.notify.people.service import WantedRecipient
from collector.notify.state import MessageEvent, MessageState
from collector.parts import Parts
from tests.fakes.seeded_console import open_store, parts_of


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    built = parts_of(open_store(tmp_path / "c.db"))
    people.add_recipient(built, WantedRecipient("kim", "kim@example.com"))
    people.add_webhook(built, "chat", "https://chat.example/", ())
    for _ in range(3):
        people.send_test_mail(built, "kim")
        people.send_test_call(built, "chat")
    yield built
    built.store.close()


def found(parts: Parts, **wanted: object) -> list[int]:
    with parts.store.reading() as connection:
        return [each.id for each in rows.list_messages(connection, MessageFilter(**wanted))]  # type: ignore[arg-type]


def test_filters(parts: Parts) -> None:
    assert found(parts) == [6, 5, 4, 3, 2, 1]
    assert found(parts, target="kim") == [5, 3, 1]
    assert found(parts, channel="webhook", limit=2) == [6, 4]
    assert found(parts, before=3) == [2, 1]
    assert found(parts, state="dead") == []
    assert found(parts, ticket="2026-000001") == []


def test_a_dead_letter_of_somebody_who_is_gone_stays(parts: Parts) -> None:
    with parts.store.writing() as connection:
        messages.move(connection, [1], MessageState.WAITING, MessageEvent.WITHDRAW, parts.now(), "full")
    send_again(parts, 1, actor="jh")
    with pytest.raises(MessageRefused, match="not a dead letter"):
        send_again(parts, 1, actor="jh")
    people.remove_recipient(parts, "kim")
    with pytest.raises(MessageRefused, match="removed"):
        send_again(parts, 1, actor="jh")
    with parts.store.reading() as connection:
        assert rows.counts(connection) == {MessageState.DEAD: 3, MessageState.WAITING: 3}
        record, body = rows.find_message(connection, 1) or (None, "")
        assert record is not None
        assert (record.target, bool(body)) == ("kim", True)
        assert [each.event for each in rows.attempts_of(connection, 1)] == ["withdraw", "resend", "withdraw"]

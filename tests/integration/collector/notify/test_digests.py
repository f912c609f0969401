"""Digests: bounded, for those who are there, made once."""

from __future__ import annotations

from typing import Any, Protocol

import pytest

from collector.notify.digests import Digests
from collector.notify.people import service as people
from collector.tickets.desk.model import NoticeCause, NoticeKind
from tests.fakes.exchange_desk import Clock
from tests.fakes.receivers import FakeChannel


class Post(Protocol):
    parts: Any
    clock: Clock
    mail: FakeChannel
    digests: Digests

    def tick(self) -> int: ...
    def recipient(self, name: str = "kim", **changed: Any) -> int: ...
    def ticket(self, **changed: Any) -> int: ...
    def notice(self, ticket_id: int | None, kind: NoticeKind = ..., cause: NoticeCause = ...) -> None: ...
    def states(self) -> list[str]: ...


def gather(post: Post, count: int) -> None:
    ticket = post.ticket()
    for _ in range(count):
        post.notice(ticket, NoticeKind.DIGEST, NoticeCause.SETTLED)
    post.tick()
    post.clock.move(seconds=900)


def test_many_are_named_and_more_are_counted(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.notify.digests.LINES", 4)
    post.recipient()
    gather(post, 6)
    post.tick()
    body = post.mail.parcels[0].body
    assert body.startswith("6 messages were gathered for you:")
    assert body.count("\n- ") == 4
    assert "... and 2 more" in body


def test_a_digest_has_a_size_and_the_rest_is_the_next_one(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.notify.digests.FOLDED_MAX", 4)
    post.recipient()
    gather(post, 6)
    post.tick()
    assert [parcel.subject for parcel in post.mail.parcels] == ["4 messages", "2 messages"]
    assert post.states() == ["folded"] * 6 + ["sent"] * 2


def test_who_is_gone_gets_none(post: Post) -> None:
    post.recipient()
    gather(post, 2)
    people.remove_recipient(post.parts, "kim")
    assert post.digests.fold(post.clock()) == 0
    assert post.states() == ["dead"] * 2


def test_nothing_gathered_is_no_digest(post: Post) -> None:
    post.recipient()
    assert post.digests.fold(post.clock()) == 0

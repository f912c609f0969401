"""Couriers: tries and waits, dead letters, one at a time, and what a stop in between leaves."""

from __future__ import annotations

import threading
from typing import Any, Protocol

import pytest

from collector.notify import repository as messages
from collector.notify.delivery import Courier
from collector.notify.log.service import MessageRefused, send_again
from collector.notify.loop import lapse
from collector.notify.model import Channel, Parcel
from collector.notify.people import service as people
from collector.notify.policy import LEASE_S, WAITS_S
from collector.notify.port import Outcome, Verdict
from collector.notify.state import MessageEvent
from collector.tickets.desk.model import NoticeCause, NoticeKind
from tests.fakes.exchange_desk import Clock
from tests.fakes.receivers import FakeChannel
from tests.fakes.seeded_console import Seeds

BUSY = Outcome(Verdict.AGAIN, "answered 503", 503)


class Post(Protocol):
    parts: Any
    clock: Clock
    seeds: Seeds
    mail: FakeChannel
    calls: FakeChannel

    def courier(self, channel: Channel = ...) -> Courier: ...
    def tick(self) -> int: ...
    def recipient(self, name: str = "kim", **changed: Any) -> int: ...
    def webhook(self, name: str = "chat", *events: str) -> int: ...
    def ticket(self, **changed: Any) -> int: ...
    def notice(self, ticket_id: int | None, kind: NoticeKind = ..., cause: NoticeCause = ...) -> None: ...
    def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]: ...
    def one(self, sql: str, **values: Any) -> Any: ...
    def states(self) -> list[str]: ...


def test_it_is_tried_from_seconds_to_days_and_then_dead(post: Post) -> None:
    post.webhook()
    post.ticket()
    post.calls.outcomes += [BUSY] * 20
    waits = []
    began = post.clock()
    while post.tick() or post.states() == ["waiting"]:
        if post.states() != ["waiting"]:
            break
        next_at = post.rows("SELECT next_at FROM message")[0]["next_at"]
        wait = next_at / 1e6 - post.clock().timestamp()
        waits.append(wait)
        post.clock.move(seconds=wait)
    assert post.states() == ["dead"]
    assert len(post.calls.sent) == len(WAITS_S) + 1
    assert len(set(post.calls.sent)) == 1, "one id at every try"
    assert all(0.8 * planned <= wait <= 1.2 * planned for planned, wait in zip(WAITS_S, waits, strict=True))
    assert (post.clock() - began).total_seconds() > 36 * 3_600
    history = [row["event"] for row in post.rows("SELECT event FROM message_attempt ORDER BY id")]
    assert history == ["again"] * len(WAITS_S) + ["give_up"]


def test_a_dead_letter_is_sent_again_by_a_person(post: Post) -> None:
    post.webhook()
    post.ticket()
    post.calls.outcomes.append(Outcome(Verdict.REFUSED, "answered 400", 400))
    post.tick()
    assert post.states() == ["dead"]
    send_again(post.parts, 1, actor="kim")
    post.tick()
    assert post.states() == ["sent"]
    assert len(set(post.calls.sent)) == 1
    history = post.rows("SELECT event, actor, status FROM message_attempt ORDER BY id")
    assert [(row["event"], row["actor"], row["status"]) for row in history] == [
        ("refuse", "courier", 400),
        ("resend", "kim", None),
        ("deliver", "courier", 200),
    ]
    with pytest.raises(MessageRefused, match="not a dead letter"):
        send_again(post.parts, 1, actor="kim")
    with pytest.raises(MessageRefused, match="no message"):
        send_again(post.parts, 99, actor="kim")


def test_gone_disables_and_a_test_enables_again(post: Post) -> None:
    post.webhook()
    for _ in range(3):
        post.ticket()
    post.calls.outcomes.append(Outcome(Verdict.GONE, "answered 410", 410))
    assert post.tick() == 1
    assert post.states() == ["dead"] * 3
    assert people.list_webhooks(post.parts)[0].disabled_at == post.clock()
    post.ticket()
    assert post.tick() == 0, "nothing is made for it any more"
    with pytest.raises(MessageRefused, match="disabled"):
        send_again(post.parts, 1, actor="kim")
    people.send_test_call(post.parts, "chat")
    assert post.tick() == 1
    assert people.list_webhooks(post.parts)[0].disabled_at is None


def test_who_asks_for_a_pause_gets_it(post: Post) -> None:
    post.webhook()
    post.ticket()
    post.calls.outcomes.append(Outcome(Verdict.AGAIN, "answered 429", 429, wait_s=600))
    post.tick()
    post.clock.move(seconds=599)
    assert post.tick() == 0
    post.clock.move(seconds=2)
    assert post.tick() == 1


def test_an_address_in_trouble_is_spared_others_are_not(post: Post) -> None:
    post.webhook("bad")
    post.webhook("good")
    post.calls.outcomes.append(BUSY)
    for _ in range(5):
        post.ticket()
    post.tick()
    tries = [parcel.address for parcel in post.calls.parcels]
    assert tries.count("https://bad.example/hook") == 1
    assert tries.count("https://good.example/hook") == 5


def test_a_dead_mail_server_is_asked_once_and_webhooks_go_on(post: Post) -> None:
    for name in ("kim", "lee", "park"):
        post.recipient(name)
    post.webhook()
    post.mail.outcomes.append(Outcome(Verdict.AGAIN, "no answer", is_everybodys=True))
    post.notice(post.ticket())
    post.tick()
    assert (len(post.mail.sent), len(post.calls.sent)) == (1, 1)
    post.clock.move(seconds=10)
    post.tick()
    assert len(set(post.mail.sent)) == 3


def test_killed_between_sending_and_noting_it_goes_out_again_under_its_id(post: Post) -> None:
    post.webhook()
    post.ticket()
    post.tick()
    post.ticket()

    class Killed(BaseException):
        """The process ends here."""

    class Dying(FakeChannel):
        def send(self, parcel: Parcel, now: Any) -> Outcome:
            super().send(parcel, now)
            raise Killed

    dying = Dying()
    while post.parts and not _claimed(post):
        from collector.notify.outbox import Outbox

        Outbox(post.parts.store, post.parts.settings, post.parts.new_secret).turn(post.clock())
        courier = post.courier(Channel.WEBHOOK)
        with pytest.raises(Killed):
            Courier(courier.store, courier.channel, dying, courier.now, courier.monotonic, courier.new_secret).deliver()
    assert post.states() == ["sent", "sending"]
    assert post.tick() == 0, "somebody holds it"
    post.clock.move(seconds=LEASE_S)
    assert lapse(post.parts) == 1
    assert post.tick() == 1
    assert dying.sent == post.calls.sent[1:], "the same id"
    assert post.states() == ["sent", "sent"]


def _claimed(post: Post) -> bool:
    return "sending" in post.states()


def test_a_courier_that_comes_back_too_late_changes_nothing(post: Post) -> None:
    post.webhook()
    post.ticket()
    post.tick()
    people.send_test_call(post.parts, "chat")
    late = post.courier(Channel.WEBHOOK)
    parcel = late.claim()
    assert parcel is not None
    post.clock.move(seconds=LEASE_S)
    lapse(post.parts)
    post.tick()
    late.note(parcel, Outcome(Verdict.REFUSED, "answered 400", 400), 1)
    assert post.states() == ["sent", "sent"]
    assert post.one("SELECT count(*) FROM message_attempt WHERE event = 'refuse'") == 1, "but it is in the history"


def test_one_address_has_one_courier_at_a_time(post: Post) -> None:
    post.webhook("one")
    post.webhook("two")
    for name in ("one", "one", "two"):
        people.send_test_call(post.parts, name)
    first, second, third = (post.courier(Channel.WEBHOOK).claim() for _ in range(3))
    assert first is not None
    assert second is not None
    assert (first.target_id, second.target_id, third) == (1, 2, None)


def test_many_couriers_send_each_message_once(post: Post) -> None:
    for at in range(5):
        post.webhook(f"hook-{at}")
    for _ in range(8):
        for at in range(5):
            people.send_test_call(post.parts, f"hook-{at}")
    together = threading.Barrier(6)

    def work() -> None:
        courier = post.courier(Channel.WEBHOOK)
        together.wait()
        empty = 0
        while empty < 5:
            empty = 0 if courier.deliver() else empty + 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    post.tick()
    assert len(post.calls.sent) == len(set(post.calls.sent)) == 40
    assert set(post.states()) == {"sent"}


def test_who_is_removed_gets_nothing_that_waits(post: Post) -> None:
    post.recipient()
    post.notice(post.ticket())
    people.send_test_mail(post.parts, "kim")
    people.remove_recipient(post.parts, "kim")
    assert post.tick() == 0
    assert post.states() == ["dead"]
    with pytest.raises(MessageRefused, match="removed"):
        send_again(post.parts, 1, actor="kim")
    again = post.recipient("kim")
    assert again == 2, "another person of that name is another person"


def test_only_what_the_table_allows_is_written(post: Post) -> None:
    from collector.notify.state import MessageState, NotNow

    post.recipient()
    people.send_test_mail(post.parts, "kim")
    with post.parts.store.writing() as connection, pytest.raises(NotNow):
        messages.move(connection, [1], MessageState.WAITING, MessageEvent.RESEND, post.clock(), "no")
    assert post.states() == ["waiting"]

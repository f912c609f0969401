"""Notices and timelines become messages once, for those who want them, within everybody's budget."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol

import pytest
from alembic import command
from alembic.config import Config

from collector.notify.outbox import ROWS, Outbox
from collector.notify.people import service as people
from collector.notify.people.service import WantedRecipient
from collector.notify.policy import WAITING_MAX
from collector.settings.model import Mail
from collector.store.database import Store
from collector.store.migrate import FOLDER
from collector.tickets.desk.model import NoticeCause, NoticeKind
from tests.builders import an_event
from tests.fakes.exchange_desk import Clock, Desk, play
from tests.fakes.receivers import FakeChannel
from tests.fakes.seeded_console import Seeds
from tests.fakes.signing_agent import SigningAgent

PAGE, DIGEST, CUSTOMER = NoticeKind


class Post(Protocol):
    parts: Any
    clock: Clock
    seeds: Seeds
    mail: FakeChannel
    calls: FakeChannel
    outbox: Outbox

    def tick(self) -> int: ...
    def recipient(self, name: str = "kim", **changed: Any) -> int: ...
    def webhook(self, name: str = "chat", *events: str) -> int: ...
    def ticket(self, **changed: Any) -> int: ...
    def notice(self, ticket_id: int | None, kind: NoticeKind = ..., cause: NoticeCause = ...) -> None: ...
    def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]: ...
    def one(self, sql: str, **values: Any) -> Any: ...
    def states(self) -> list[str]: ...


def test_a_page_is_one_mail_for_each_who_wants_it(post: Post) -> None:
    post.recipient("kim", language="ko")
    post.recipient("lee", level=2)
    post.recipient("park", sites=("busan",))
    post.notice(post.ticket(level=3))
    post.tick()
    assert [parcel.address for parcel in post.mail.parcels] == ["kim@example.com"]
    assert "검사 결과가 병동 화면에 늦게 나옴" in post.mail.parcels[0].subject
    assert post.states() == ["sent"]


def test_nobody_is_told_twice(post: Post) -> None:
    post.recipient()
    post.webhook()
    post.notice(post.ticket())
    assert post.tick() == 2
    with post.parts.store.writing() as connection:
        connection.exec_driver_sql("UPDATE meta SET value = '0' WHERE key IN ('notice_told', 'ticket_event_told')")
    assert post.tick() == 0, "the same rows again: the dedupe keys are taken"


def test_cursor_and_messages_are_one_transaction(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.recipient()
    post.notice(post.ticket())

    def broken(*_: object, **__: object) -> int:
        raise OSError("the process ends here")

    monkeypatch.setattr("collector.notify.repository.add_all", broken)
    with pytest.raises(OSError, match="ends here"):
        post.outbox.turn(post.clock())
    monkeypatch.undo()
    assert post.one("SELECT count(*) FROM message") == 0
    post.tick()
    assert post.states() == ["sent"]


def test_ten_pages_in_fifteen_minutes_then_a_digest(post: Post) -> None:
    post.recipient()
    ticket = post.ticket()
    for _ in range(12):
        post.notice(ticket, PAGE, NoticeCause.CLOCK_WARNING)
    post.tick()
    assert post.states() == ["sent"] * 10 + ["gathered"] * 2
    post.clock.move(seconds=901)
    post.tick()
    assert post.states() == ["sent"] * 10 + ["folded"] * 2 + ["sent"]
    assert post.mail.parcels[-1].subject == "2 messages"
    post.notice(ticket, PAGE, NoticeCause.CLOCK_BREACHED)
    post.tick()
    assert post.states()[-1] == "sent", "the window is over: a page goes out at once again"


def test_the_first_page_of_a_ticket_is_never_held_back(post: Post) -> None:
    post.recipient()
    noisy = post.ticket()
    for _ in range(11):
        post.notice(noisy)
    for _ in range(20):
        post.notice(post.ticket())
    post.tick()
    assert post.one("SELECT count(*) FROM message WHERE state = 'gathered'") == 1
    assert post.one("SELECT count(*) FROM message WHERE state = 'sent'") == 30


def test_digests_are_told_together_and_not_at_night(post: Post) -> None:
    post.recipient(zone="Asia/Seoul", quiet="10:00-11:00")  # the clock begins at 10:00 in Seoul
    for _ in range(3):
        post.notice(post.ticket(), DIGEST, NoticeCause.LEVEL_RAISED)
    assert post.tick() == 0
    post.clock.move(seconds=1_000)
    assert post.tick() == 0, "quiet"
    post.clock.move(seconds=3_000)
    assert post.tick() == 1
    assert post.mail.parcels[0].body.count("A ticket has become more urgent.") == 3
    digest = post.one("SELECT id FROM message WHERE cause = 'digest'")
    assert {row["digest_id"] for row in post.rows("SELECT digest_id FROM message WHERE state = 'folded'")} == {digest}


def test_quiet_hours_do_not_hold_pages(post: Post) -> None:
    post.recipient(zone="Asia/Seoul", quiet="00:00-23:59")
    post.notice(post.ticket())
    assert post.tick() == 1


def test_a_customer_hears_of_a_ticket_once_and_of_other_sites_never(post: Post) -> None:
    post.recipient("ward", kinds=("customer",), sites=("daejeon",))
    mine, others = post.ticket(), post.ticket(site_id="busan")
    for ticket in (mine, others, mine):
        post.notice(ticket, CUSTOMER)
    post.tick()
    assert [row["ticket_id"] for row in post.rows("SELECT ticket_id FROM message")] == [mine]
    assert "/tickets/" not in post.mail.parcels[0].body


def test_what_a_log_said_is_in_no_mail(post: Post) -> None:
    post.recipient()
    post.webhook()
    ticket = post.ticket(event={"text": "SECRET of a patient"}, identity={"ward": "SECRET"})
    post.notice(ticket)
    post.tick()
    assert len(post.mail.parcels + post.calls.parcels) == 2
    assert "SECRET" not in "".join(parcel.subject + parcel.body for parcel in post.mail.parcels + post.calls.parcels)


def test_unless_a_setting_says_so(post: Post) -> None:
    import msgspec

    mail = Mail(host="m.example", sender="d@v.example", include_evidence=True)
    settings = msgspec.structs.replace(post.parts.settings, mail=mail)
    outbox = Outbox(post.parts.store, settings, post.parts.new_secret)
    post.recipient()
    post.notice(post.ticket(event={"text": "what the log said"}))
    outbox.turn(post.clock())
    post.tick()
    assert "what the log said" in post.mail.parcels[0].body


def test_webhooks_hear_what_they_asked_for(post: Post) -> None:
    post.webhook("all")
    post.webhook("ends", "ticket.resolved")
    ticket = post.ticket(level=1)
    for kind, detail in (
        ("acknowledged", {}),
        ("level_raised", {"from": 3, "to": 1}),
        ("recovered", {}),
        ("resolved", {"note": "SECRET"}),
        ("reopened", {}),
        ("closed", {}),
    ):
        post.seeds.change(ticket, "daejeon", kind, detail=detail)
    post.tick()
    told = [(parcel.address.split("/")[2], json.loads(parcel.body)["type"]) for parcel in post.calls.parcels]
    assert [event for who, event in told if who == "all.example"] == [
        "ticket.opened",
        "ticket.level_changed",
        "ticket.recovered",
        "ticket.resolved",
        "ticket.reopened",
        "ticket.closed",
    ]
    assert [event for who, event in told if who == "ends.example"] == ["ticket.resolved"]
    body = json.loads(post.calls.parcels[0].body)
    assert set(body) == {"type", "timestamp", "data"}
    assert (body["data"]["ticket"], body["data"]["level"], body["data"]["site"]) == ("2026-000001", 1, "daejeon")
    assert "SECRET" not in "".join(parcel.body for parcel in post.calls.parcels)


def test_a_storm_and_a_problem_have_events_of_their_own(post: Post) -> None:
    post.webhook()
    ticket = post.ticket()
    post.seeds.set_ticket("2026-000001", kind="storm")
    post.notice(ticket, DIGEST, NoticeCause.STORM_OVER)
    post.notice(None, PAGE, NoticeCause.PROBLEM_SUSPECTED)
    post.tick()
    told = sorted(json.loads(parcel.body)["type"] for parcel in post.calls.parcels)
    assert told == ["problem.suspected", "storm.ended", "storm.started", "ticket.opened"]


def test_a_turn_is_bounded_and_the_next_goes_on(post: Post) -> None:
    post.recipient(kinds=("page",))
    ticket = post.ticket()
    for _ in range(2 * ROWS + 10):
        post.notice(ticket)
    assert post.outbox.turn(post.clock()) == ROWS + 1, "and one row of the timeline"
    assert post.outbox.turn(post.clock()) == ROWS
    assert post.outbox.turn(post.clock()) == 10
    assert post.outbox.turn(post.clock()) == 0


def test_an_address_that_takes_nothing_does_not_fill_the_outbox(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    assert WAITING_MAX == 1_000
    monkeypatch.setattr("collector.notify.outbox.WAITING_MAX", 5)
    post.recipient(kinds=("page",))
    for _ in range(8):
        post.notice(post.ticket())
    post.outbox.turn(post.clock())
    assert sorted(post.states()) == ["dead"] * 3 + ["waiting"] * 5, "counted, and there to be sent again"
    assert {row["detail"] for row in post.rows("SELECT detail FROM message_attempt")} == {"too many are waiting"}


def test_what_is_gathered_has_a_bound_too(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.notify.outbox.GATHERED_MAX", 5)
    post.recipient()
    ticket = post.ticket()
    for _ in range(8):
        post.notice(ticket, DIGEST, NoticeCause.SETTLED)
    post.outbox.turn(post.clock())
    assert sorted(post.states()) == ["dead"] * 3 + ["gathered"] * 5


def test_from_a_line_of_a_log_to_a_mail_and_a_call(tmp_path: Path) -> None:
    """The rules write the notice in the transaction of the ticket; nothing here writes one by hand."""

    async def story(desk: Desk, agent: SigningAgent) -> None:
        people.add_recipient(desk.parts, WantedRecipient("kim", "kim@example.com"))
        people.add_recipient(desk.parts, WantedRecipient("ward", "it@h.example", kinds=("customer",), sites=("seoul",)))
        people.add_webhook(desk.parts, "chat", "https://chat.example/", ())
        await desk.deliver(agent, agent.batch(an_event(event_id="0" * 16, level=1)))
        Outbox(desk.parts.store, desk.parts.settings, desk.parts.new_secret).turn(desk.clock())
        told = desk.rows("SELECT kind, cause, state, ticket_id FROM message ORDER BY kind")
        assert [(row["kind"], row["cause"], row["state"], row["ticket_id"]) for row in told] == [
            ("customer", "opened", "waiting", 1),
            ("event", "ticket.opened", "waiting", 1),
            ("page", "opened", "waiting", 1),
        ]

    play(tmp_path, story)


def test_what_was_noticed_before_messages_came_is_not_told(tmp_path: Path) -> None:
    """A database of an older version has years of notices; the migration begins at its end."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    store = Store(tmp_path / "c.db")
    with store.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0011")
        for _ in range(3):
            connection.exec_driver_sql("INSERT INTO notice (at, kind, cause) VALUES (1, 'page', 'opened')")
        command.upgrade(config, "head")
    with store.reading() as connection:
        rows = connection.exec_driver_sql("SELECT key, value FROM meta WHERE key LIKE '%told'").all()
    store.close()
    told = {row[0]: row[1] for row in rows}
    assert told == {"notice_told": "3", "ticket_event_told": "0"}

"""The threads with real channels: a notice becomes a mail and a signed call; who hangs holds up nobody else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from standardwebhooks import Webhook

from collector.notify.loop import ChannelRefused, Duty, MessageLoop, channels_of, duties_of
from collector.notify.people import service as people
from collector.notify.people.service import WantedRecipient
from collector.parts import Parts
from collector.settings.model import Mail, Messages, Settings
from collector.store.opening import open_store_in
from collector.store.tables import notice
from tests.fakes.receivers import hook_server, mail_server
from tests.fakes.seeded_console import Seeds, parts_of


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Callable[..., Parts]]:
    made: list[Parts] = []

    def make(**settings: Any) -> Parts:
        made.append(parts_of(open_store_in(tmp_path), lambda: datetime.now(UTC), **settings))
        return made[-1]

    yield make
    for each in made:
        each.store.close()


def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


def test_from_a_notice_to_a_mail_and_a_call(parts: Callable[..., Parts]) -> None:
    with hook_server(None) as hook, mail_server(None) as postbox:
        mail = Mail(host="127.0.0.1", port=postbox.port, tls="none", sender="desk@vendor.example")
        built = parts(mail=mail, messages=Messages(allow_loopback=True))
        seeds = Seeds(built.store, built.now)
        seeds.site()
        people.add_recipient(built, WantedRecipient("kim", "kim@example.com"))
        _, secret = people.add_webhook(built, "chat", hook.address, ["ticket.opened"])
        loop = MessageLoop(duties_of(built), tick_s=0.02)
        loop.start()
        try:
            seeds.ticket(level=1)
            with built.store.writing() as connection:
                row = {"at": built.now(), "kind": "page", "cause": "opened", "site_id": "daejeon", "ticket_id": 1}
                connection.execute(insert(notice).values(**row))
            until(lambda: len(postbox.mails) == 1 and len(hook.got) == 1)
            assert loop.is_alive
        finally:
            loop.stop()
        assert not loop.is_alive
        headers, body = hook.got[0]
        assert Webhook(secret).verify(body, headers)["data"]["level"] == 1
        assert postbox.mails[0]["Subject"].startswith("[Level 1]")


def test_one_that_hangs_holds_up_no_other() -> None:
    free, worked = threading.Event(), threading.Event()

    def work() -> int:
        worked.set()
        return 0

    duties = [Duty("hangs", lambda: int(free.wait(10))), Duty("works", work)]
    loop = MessageLoop(duties, tick_s=0.01)
    loop.start()
    assert worked.wait(5)
    began = time.monotonic()
    loop.stop(wait_s=0.05)
    assert time.monotonic() - began < 2, "and the end does not wait for it"
    free.set()
    until(lambda: not loop.is_alive)


def test_a_failure_is_told_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    calls = []

    def act() -> int:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("the disk")
        return 0

    loop = MessageLoop([Duty("fails", act)], tick_s=0.01)
    loop.start()
    until(lambda: len(calls) > 2)
    loop.stop()
    assert "fails failed; it is tried again" in caplog.text


def test_a_turn_is_bounded() -> None:
    """A duty that always has something to do still looks at the signal to end."""
    loop = MessageLoop([Duty("endless", lambda: 1)], tick_s=0.001)
    loop.start()
    loop.stop()
    assert not loop.is_alive


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"mail": Mail(host="mail.example", tls="none", sender="d@v.example")}, "this machine alone"),
        ({"mail": Mail(host="mail.example", ca="/nowhere/ca.pem", sender="d@v.example")}, "cannot be used"),
        ({"messages": Messages(ca="/nowhere/ca.pem")}, "cannot be used"),
    ],
)
def test_settings_that_cannot_be_are_refused(parts: Callable[..., Parts], settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ChannelRefused, match=words):
        channels_of(parts(**settings))


def test_the_defaults_are_fine(parts: Callable[..., Parts]) -> None:
    assert Settings().mail is None
    assert len(channels_of(parts())) == 2

"""One suite for every channel: the fake of the tests, a real HTTPS server, a real mail server."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.notify.calling import Calling, seal_purpose
from collector.notify.loop import trusting
from collector.notify.mail import Mailing
from collector.notify.model import Channel, Parcel
from collector.notify.port import ChannelPort, Outcome, Verdict
from collector.notify.sealing import NONCE_BYTES, Seal
from collector.notify.signing import secret_text
from collector.settings.model import Mail
from tests.fakes.receivers import Authority, FakeChannel, a_parcel, hook_server, mail_server, make_authority
from wire.keys import Ed25519PrivateKey

SEAL = Seal(Ed25519PrivateKey.from_private_bytes(bytes(32)))
SEALED = SEAL.close(secret_text(bytes(32)), about=seal_purpose(1), nonce=bytes(NONCE_BYTES))
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


@dataclass
class Case:
    """A channel, a message for it, and the ways in which its receiver can answer."""

    channel: ChannelPort
    parcel: Parcel
    ids: Callable[[], list[str]]
    refuse: Callable[[], None]
    busy: Callable[[], None]
    unreachable: Callable[[], ChannelPort]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("ca"))


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(params=["fake", "https", "smtp"])
def case(request: pytest.FixtureRequest, authority: Authority) -> Iterator[Case]:
    if request.param == "fake":
        fake = FakeChannel()
        again = Outcome(Verdict.AGAIN, "busy")
        yield Case(
            fake,
            a_parcel(Channel.WEBHOOK, "https://x.example"),
            lambda: fake.sent,
            lambda: fake.outcomes.append(Outcome(Verdict.REFUSED, "no")),
            lambda: fake.outcomes.append(again),
            lambda: FakeChannel([again]),
        )
    elif request.param == "https":
        with hook_server(authority) as hook:
            context = trusting(str(authority.ca))
            calling = Calling(SEAL, context, allow_loopback=True, resolve=lambda _host, _port: ["127.0.0.1"])
            parcel = a_parcel(Channel.WEBHOOK, hook.address, sealed_secret=SEALED)
            yield Case(
                calling,
                parcel,
                lambda: [headers["webhook-id"] for headers, _ in hook.got],
                lambda: hook.answers.append((400, {})),
                lambda: hook.answers.append((503, {})),
                lambda: replace(calling, resolve=_unresolved),
            )
    else:
        with mail_server(authority) as postbox:
            settings = Mail(host="localhost", port=postbox.port, ca=str(authority.ca), sender="desk@vendor.example")
            mailing = Mailing(settings, trusting(settings.ca))
            elsewhere = Mail(host="localhost", port=free_port(), sender="desk@vendor.example")
            yield Case(
                mailing,
                a_parcel(Channel.MAIL, "kim@example.com"),
                lambda: [mail["Message-ID"].split("@")[0].removeprefix("<") for mail in postbox.mails],
                lambda: postbox.to_recipient.append("550 no such user"),
                lambda: postbox.to_recipient.append("451 try later"),
                lambda: Mailing(elsewhere, trusting(None)),
            )


def _unresolved(host: str, port: int) -> list[str]:
    raise socket.gaierror(socket.EAI_NONAME, "not known")


def test_what_is_taken_is_delivered_under_its_id(case: Case) -> None:
    assert case.channel.send(case.parcel, NOW).verdict is Verdict.DELIVERED
    assert case.ids() == [case.parcel.uid]


def test_a_second_try_carries_the_same_id(case: Case) -> None:
    for _ in range(2):
        case.channel.send(case.parcel, NOW)
    assert case.ids() == [case.parcel.uid] * 2


def test_what_is_refused_is_refused(case: Case) -> None:
    case.refuse()
    outcome = case.channel.send(case.parcel, NOW)
    assert (outcome.verdict, bool(outcome.detail)) == (Verdict.REFUSED, True)


def test_who_is_busy_is_tried_again_and_takes_it_then(case: Case) -> None:
    case.busy()
    assert case.channel.send(case.parcel, NOW).verdict is Verdict.AGAIN
    assert case.channel.send(case.parcel, NOW).verdict is Verdict.DELIVERED


def test_who_is_not_there_is_tried_again(case: Case) -> None:
    outcome = case.unreachable().send(case.parcel, NOW)
    assert (outcome.verdict, bool(outcome.detail)) == (Verdict.AGAIN, True)


def test_who_never_finishes_is_left_in_bounded_time(authority: Authority) -> None:
    with hook_server(authority) as hook:
        hook.drip_s = 0.02
        calling = Calling(
            SEAL,
            trusting(str(authority.ca)),
            allow_loopback=True,
            resolve=lambda _host, _port: ["127.0.0.1"],
            step_s=5,
            whole_s=0.3,
        )
        began = time.monotonic()
        outcome = calling.send(a_parcel(Channel.WEBHOOK, hook.address, sealed_secret=SEALED), NOW)
        assert time.monotonic() - began < 3
        assert (outcome.verdict, outcome.detail) == (Verdict.AGAIN, "not answered within 0.3 s")


@pytest.mark.parametrize("tls", ["starttls", "implicit", "none"])
def test_a_mail_server_that_says_nothing_is_left_in_bounded_time(tls: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = Mail(host="127.0.0.1", port=silent.getsockname()[1], tls=tls, sender="d@v.example")  # type: ignore[arg-type]
        mailing = Mailing(settings, trusting(None), step_s=5, whole_s=0.3)
        began = time.monotonic()
        outcome = mailing.send(a_parcel(Channel.MAIL, "kim@example.com"), NOW)
        assert time.monotonic() - began < 3
        assert (outcome.verdict, outcome.is_everybodys) == (Verdict.AGAIN, True)
        assert "0.3 s" in outcome.detail

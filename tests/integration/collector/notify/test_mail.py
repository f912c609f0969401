"""Mail against a real mail server: TLS that is checked, heads that cannot be written by what is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from collector.notify.loop import trusting
from collector.notify.mail import Mailing, NoMail, mail_of
from collector.notify.model import Channel
from collector.notify.port import Verdict
from collector.settings.model import Mail
from tests.fakes.receivers import Authority, Postbox, a_parcel, mail_server, make_authority

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def postbox(authority: Authority) -> Iterator[Postbox]:
    with mail_server(authority) as postbox:
        yield postbox


def mailing(postbox: Postbox, authority: Authority | None, **changed: object) -> Mailing:
    settings = Mail(
        host="localhost",
        port=postbox.port,
        ca=None if authority is None else str(authority.ca),
        sender="desk@vendor.example",
    )
    settings = replace(settings, **changed)
    return Mailing(settings, trusting(settings.ca))


def test_a_mail_arrives_as_it_was_made(postbox: Postbox, authority: Authority) -> None:
    parcel = a_parcel(Channel.MAIL, "kim@example.com", body="수납을 저장할 수 없음\n无法保存收费\n")
    assert mailing(postbox, authority).send(parcel, NOW).verdict is Verdict.DELIVERED
    mail = postbox.mails[0]
    assert mail["Subject"] == parcel.subject
    assert mail.get_content().replace("\r\n", "\n") == parcel.body
    assert mail.get_content_type() == "text/plain"
    assert (mail["To"], mail["From"], mail["Auto-Submitted"]) == (
        "kim@example.com",
        "desk@vendor.example",
        "auto-generated",
    )
    assert mail["Message-ID"] == f"<{parcel.uid}@vendor.example>"


@pytest.mark.parametrize(
    "subject", ["a\r\nBcc: evil@example.com", "a\nBcc: evil@example.com", "a\r\n\r\nbody", "a\u2028Bcc: e@x", "a\x00b"]
)
def test_nothing_that_is_told_writes_a_header(postbox: Postbox, authority: Authority, subject: str) -> None:
    body = ".\r\nQUIT\r\nMAIL FROM:<x@y>\r\n"
    parcel = a_parcel(Channel.MAIL, "kim@example.com", subject=subject, body=body)
    assert mailing(postbox, authority).send(parcel, NOW).verdict is Verdict.DELIVERED
    assert postbox.recipients == [["kim@example.com"]]
    mail = postbox.mails[0]
    assert mail["Bcc"] is None
    assert mail.get_content() == body
    assert len(mail.get_all("Subject", [])) == 1


@pytest.mark.parametrize(
    "address", ["kim@example.com\r\nBcc: e@x", "kim@example.com\nRCPT TO:<e@x>", "k@e\r\n Bcc: e@x"]
)
def test_an_address_with_a_line_end_is_refused(postbox: Postbox, authority: Authority, address: str) -> None:
    outcome = mailing(postbox, authority).send(a_parcel(Channel.MAIL, address), NOW)
    assert (outcome.verdict, postbox.mails) == (Verdict.REFUSED, [])


def test_the_same_message_is_the_same_mail_at_every_try() -> None:
    parcel = a_parcel(Channel.MAIL, "kim@example.com", created_at=NOW)
    assert bytes(mail_of(parcel, "desk@v.example")) == bytes(mail_of(parcel, "desk@v.example"))
    later = a_parcel(Channel.MAIL, "kim@example.com", created_at=NOW + timedelta(hours=1))
    assert bytes(mail_of(later, "desk@v.example")) != bytes(mail_of(parcel, "desk@v.example"))


def test_a_server_without_tls_gets_nothing_when_tls_is_asked_for(authority: Authority) -> None:
    with mail_server(None) as plain:
        outcome = mailing(plain, authority).send(a_parcel(Channel.MAIL, "kim@example.com"), NOW)
        assert (outcome.verdict, outcome.is_everybodys, plain.mails) == (Verdict.AGAIN, True, [])
        assert (
            mailing(plain, None, tls="none").send(a_parcel(Channel.MAIL, "k@e.com"), NOW).verdict is Verdict.DELIVERED
        )


def test_a_server_with_another_certificate_gets_nothing(postbox: Postbox) -> None:
    outcome = mailing(postbox, None).send(a_parcel(Channel.MAIL, "kim@example.com"), NOW)
    assert (outcome.verdict, postbox.mails) == (Verdict.AGAIN, [])
    assert "certificate" in outcome.detail


@pytest.mark.parametrize(("password", "verdict"), [("right\n", Verdict.DELIVERED), ("wrong", Verdict.AGAIN)])
def test_logging_in(authority: Authority, tmp_path: Path, password: str, verdict: Verdict) -> None:
    file = tmp_path / "password"
    file.write_text(password)
    with mail_server(authority, logins=True) as postbox:
        whole = mailing(postbox, authority, user="desk", password_file=str(file))
        channel = Mailing(whole.settings, whole.context, step_s=0.5)  # after a wrong password it says nothing more
        outcome = channel.send(a_parcel(Channel.MAIL, "kim@example.com"), NOW)
        assert outcome.verdict is verdict
        assert set(postbox.logins) == {("desk", password.strip())}
        assert outcome.is_everybodys is (verdict is Verdict.AGAIN)
        assert password.strip() not in outcome.detail


@pytest.mark.parametrize(
    ("answer", "verdict"), [("451 later", Verdict.AGAIN), ("552 too big", Verdict.REFUSED), ("554 no", Verdict.REFUSED)]
)
def test_what_the_server_says_to_the_text(
    postbox: Postbox, authority: Authority, answer: str, verdict: Verdict
) -> None:
    postbox.answers.append(answer)
    outcome = mailing(postbox, authority).send(a_parcel(Channel.MAIL, "kim@example.com"), NOW)
    assert (outcome.verdict, outcome.status, outcome.is_everybodys) == (verdict, int(answer[:3]), False)


def test_without_a_mail_server_mail_waits() -> None:
    assert NoMail().send(a_parcel(Channel.MAIL, "kim@example.com"), NOW).verdict is Verdict.AGAIN

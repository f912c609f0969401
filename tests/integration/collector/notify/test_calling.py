"""Webhooks against a real HTTPS server: signed, pinned, never redirected, refused where they must not go."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from collector.notify.calling import Calling, resolve, seal_purpose
from collector.notify.loop import trusting
from collector.notify.model import Channel, Parcel
from collector.notify.port import Verdict
from collector.notify.sealing import NONCE_BYTES, Seal
from collector.notify.signing import secret_text
from tests.fakes.receivers import NAME, Authority, Hook, a_parcel, hook_server, make_authority
from wire.keys import Ed25519PrivateKey

SEAL = Seal(Ed25519PrivateKey.from_private_bytes(bytes(32)))
SECRET = secret_text(bytes(range(32)))
SEALED = SEAL.close(SECRET, about=seal_purpose(1), nonce=bytes(NONCE_BYTES))
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def hook(authority: Authority) -> Iterator[Hook]:
    with hook_server(authority) as hook:
        yield hook


@pytest.fixture
def calling(authority: Authority) -> Calling:
    context = trusting(str(authority.ca))
    return Calling(SEAL, context, allow_loopback=True, resolve=lambda _host, _port: ["127.0.0.1"])


def parcel(hook: Hook, **changed: str) -> Parcel:
    body = json.dumps({"type": "ticket.opened", "data": {"title": "수납"}})
    return a_parcel(Channel.WEBHOOK, changed.get("address", hook.address), sealed_secret=SEALED, body=body)


def test_what_arrives_is_verified_by_the_standards_own_library(hook: Hook, calling: Calling) -> None:
    outcome = calling.send(parcel(hook), datetime.now(UTC))
    assert (outcome.verdict, outcome.status) == (Verdict.DELIVERED, 204)
    headers, body = hook.got[0]
    assert Webhook(SECRET).verify(body, headers)["type"] == "ticket.opened"
    assert headers["webhook-id"] == parcel(hook).uid
    assert headers["host"] == f"{NAME}:{hook.port()}", "the name, not the address that was connected to"
    assert headers["content-type"] == "application/json"


def test_a_redirect_is_refused_and_not_followed(authority: Authority, hook: Hook, calling: Calling) -> None:
    with hook_server(authority) as elsewhere:
        for status in (301, 302, 307, 308):
            hook.answers.append((status, {"location": elsewhere.address}))
            outcome = calling.send(parcel(hook), NOW)
            assert (outcome.verdict, outcome.status) == (Verdict.REFUSED, status)
            assert outcome.detail == "redirects are not followed"
        assert elsewhere.got == []
        assert len(hook.got) == 4


def test_a_name_that_changes_its_mind_is_asked_once(hook: Hook, calling: Calling) -> None:
    """DNS rebinding: public at the first question, inside at the second. There is no second question."""
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    outcome = replace(calling, resolve=rebinding).send(parcel(hook), NOW)
    assert (outcome.verdict, asked) == (Verdict.DELIVERED, [NAME])
    outcome = replace(calling, resolve=rebinding).send(parcel(hook), NOW)
    assert outcome.verdict is Verdict.REFUSED
    assert "169.254.169.254" in outcome.detail
    assert len(hook.got) == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]"])
def test_this_machine_is_not_called_without_the_setting(hook: Hook, calling: Calling, address: str) -> None:
    strict = replace(calling, allow_loopback=False, resolve=resolve)
    outcome = strict.send(parcel(hook, address=f"https://{address}:{hook.port()}/"), NOW)
    assert outcome.verdict is not Verdict.DELIVERED
    assert hook.got == []


def test_with_the_setting_it_is(authority: Authority) -> None:
    with hook_server(None) as plain:
        calling = Calling(SEAL, trusting(str(authority.ca)), allow_loopback=True)
        assert calling.send(parcel(plain), NOW).verdict is Verdict.DELIVERED
        strict = Calling(SEAL, trusting(str(authority.ca)), allow_loopback=False)
        assert strict.send(parcel(plain), NOW).verdict is Verdict.REFUSED
        assert len(plain.got) == 1


def test_a_certificate_of_another_name_or_authority_is_not_trusted(hook: Hook, calling: Calling) -> None:
    other = parcel(hook, address=hook.address.replace(NAME, "other.test"))
    assert "certificate" in calling.send(other, NOW).detail
    stranger = replace(calling, context=trusting(None))
    assert "certificate" in stranger.send(parcel(hook), NOW).detail
    assert hook.got == []


def test_an_answer_says_how_long_to_wait(hook: Hook, calling: Calling) -> None:
    hook.answers.append((429, {"retry-after": "90"}))
    outcome = calling.send(parcel(hook), NOW)
    assert (outcome.verdict, outcome.status, outcome.wait_s) == (Verdict.AGAIN, 429, 90.0)


def test_gone_is_gone(hook: Hook, calling: Calling) -> None:
    hook.answers.append((410, {}))
    assert calling.send(parcel(hook), NOW).verdict is Verdict.GONE


def test_a_secret_of_another_key_sends_nothing(hook: Hook, calling: Calling) -> None:
    other = replace(calling, seal=Seal(Ed25519PrivateKey.generate()))
    outcome = other.send(parcel(hook), NOW)
    assert (outcome.verdict, hook.got) == (Verdict.REFUSED, [])


def test_an_answer_that_is_no_http(calling: Calling) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        closing = replace(calling, step_s=0.2)
        outcome = closing.send(a_parcel(Channel.WEBHOOK, address, sealed_secret=SEALED), NOW)
        assert outcome.verdict is Verdict.AGAIN


def test_a_missing_ca_file_is_told(tmp_path: Path) -> None:
    from collector.notify.loop import ChannelRefused

    with pytest.raises(ChannelRefused, match="cannot be used"):
        trusting(str(tmp_path / "none.pem"))

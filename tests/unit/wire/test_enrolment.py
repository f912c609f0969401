from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.builders import NOW
from wire import enrolment, keys
from wire.enrolment import Token, parse_token
from wire.errors import Malformed

KEY = keys.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TOKEN = Token("ab" * 8, "cd" * 16, keys.key_digest(keys.public_bytes(KEY)))
REQUEST = enrolment.EnrolRequest(
    token_id=TOKEN.id,
    secret=TOKEN.secret,
    public_key=keys.public_text(KEY),
    hostname="clinic-1",
    os="Debian 12",
    agent_version="0.1.0",
    sent_at=NOW,
)
REPLY = enrolment.EnrolReply(
    agent="a1", site="seoul", receipt_key=keys.public_text(KEY), generation="g1", interval_s=60.0, time=NOW
)


def test_a_token_survives_copying() -> None:
    assert parse_token(f"  {TOKEN}\n") == TOKEN


def test_a_token_names_the_receipt_key_as_signatures_do() -> None:
    assert TOKEN.receipt_key_id == keys.key_id(keys.public_bytes(KEY))


def test_a_token_in_a_log_opens_nothing() -> None:
    assert TOKEN.secret not in repr(TOKEN)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sw1",
        str(TOKEN)[:-1],
        f"{TOKEN}0",
        str(TOKEN).replace("sw1", "sw2"),
        str(TOKEN).upper(),
        str(TOKEN).replace(".", ":"),
        f"{TOKEN}\n{TOKEN}",
        str(TOKEN).replace("a", "а"),  # noqa: RUF001  # a Cyrillic letter that looks the same
        str(TOKEN).replace("0", "０"),  # noqa: RUF001  # a full-width digit
    ],
)
def test_texts_that_are_no_token(text: str) -> None:
    with pytest.raises(Malformed):
        parse_token(text)


def test_only_a_digest_of_the_secret_is_stored() -> None:
    assert enrolment.secret_hash(TOKEN.secret) == enrolment.secret_hash("cd" * 16)
    assert TOKEN.secret not in enrolment.secret_hash(TOKEN.secret)
    assert enrolment.secret_hash("cd" * 16) != enrolment.secret_hash("ce" * 16)


def test_round_trips() -> None:
    assert enrolment.decode_enrol_request(enrolment.encode(REQUEST)) == REQUEST
    assert enrolment.decode_enrol_reply(enrolment.encode(REPLY)) == REPLY


@pytest.mark.parametrize(
    ("decode", "message", "name", "bad"),
    [
        (enrolment.decode_enrol_request, REQUEST, "token_id", "ab" * 8 + "\n"),
        (enrolment.decode_enrol_request, REQUEST, "token_id", "AB" * 8),
        (enrolment.decode_enrol_request, REQUEST, "secret", "cd" * 15),
        (enrolment.decode_enrol_request, REQUEST, "public_key", "A" * 45),
        (enrolment.decode_enrol_request, REQUEST, "hostname", ""),
        (enrolment.decode_enrol_request, REQUEST, "sent_at", "2026-11-24T01:00:00"),
        (enrolment.decode_enrol_reply, REPLY, "agent", "a b"),
        (enrolment.decode_enrol_reply, REPLY, "interval_s", 0),
        (enrolment.decode_enrol_reply, REPLY, "receipt_key", ""),
    ],
)
def test_edges(decode: Callable[[bytes], Any], message: Any, name: str, bad: Any) -> None:
    base = json.loads(enrolment.encode(message))
    assert decode(json.dumps({**base, "new_field": 1}).encode()) == message
    with pytest.raises(Malformed):
        decode(json.dumps({**base, name: bad}).encode())


@pytest.mark.parametrize("decode", [enrolment.decode_enrol_request, enrolment.decode_enrol_reply])
@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff", b'{"a":' * 50_000])
def test_bytes_that_are_no_message(decode: Callable[[bytes], Any], raw: bytes) -> None:
    with pytest.raises(Malformed):
        decode(raw)


def test_every_purpose_has_a_tag_of_its_own() -> None:
    tags = {
        enrolment.exchange_tag("x"),
        enrolment.ack_tag("x"),
        enrolment.enrol_tag("x"),
        enrolment.enrol_ack_tag("x"),
    }
    assert len(tags) == 4

"""Our signatures are those of Standard Webhooks: its own library verifies them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from collector.notify.signing import PREFIX, SECRET_BYTES, key_of, secret_text, signed_headers

SECRET = secret_text(bytes(range(SECRET_BYTES)))
BODY = json.dumps({"type": "ticket.opened", "data": {"title": "수납을 저장할 수 없음"}}, ensure_ascii=False).encode()


def test_the_library_verifies_what_we_sign() -> None:
    headers = signed_headers(SECRET, "msg_1", datetime.now(UTC), BODY)
    assert Webhook(SECRET).verify(BODY, headers)["type"] == "ticket.opened"


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "msg_2"},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-timestamp": str(int(datetime.now(UTC).timestamp()) - 1)},
    ],
)
def test_it_refuses_what_was_changed(change: dict[str, str]) -> None:
    headers = {**signed_headers(SECRET, "msg_1", datetime.now(UTC), BODY), **change}
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY, headers)


def test_it_refuses_another_body_another_secret_and_an_old_try() -> None:
    headers = signed_headers(SECRET, "msg_1", datetime.now(UTC), BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_text(bytes(SECRET_BYTES))).verify(BODY, headers)
    old = signed_headers(SECRET, "msg_1", datetime.now(UTC) - timedelta(minutes=6), BODY)
    with pytest.raises(WebhookVerificationError, match="old"):
        Webhook(SECRET).verify(BODY, old)


def test_a_secret_is_its_key() -> None:
    assert SECRET.startswith(PREFIX)
    assert key_of(SECRET) == bytes(range(SECRET_BYTES))

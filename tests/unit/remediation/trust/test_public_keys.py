"""Public keys by their id."""

from __future__ import annotations

import pytest

from remediation.trust.public_keys import key_name, raw_key, signing_texts
from tests.fakes.scene import ENGINEER, KIM, signed_request
from wire.keys import key_id, public_bytes, public_text


def test_a_text_leads_to_its_key() -> None:
    assert raw_key(public_text(KIM)) == public_bytes(KIM)
    assert key_name(public_text(KIM)) == key_id(public_bytes(KIM))


@pytest.mark.parametrize("text", ["", "A" * 43, "A" * 44, "é" * 44, "A" * 40 + "====", "A" * 42 + "=="])
def test_another_text_is_no_key(text: str) -> None:
    assert (raw_key(text), key_name(text)) == (None, "")


def test_only_keys_that_are_known_and_signed_count() -> None:
    envelope = signed_request(ENGINEER, KIM)
    texts = {key_name(public_text(key)): public_text(key) for key in (ENGINEER, KIM)}
    assert signing_texts(envelope, texts) == set(texts)
    assert signing_texts(signed_request(KIM), texts) == {key_name(public_text(KIM))}
    assert signing_texts(envelope, {}) == set()


def test_a_key_under_another_keys_id_counts_for_neither() -> None:
    crossed = {key_name(public_text(KIM)): public_text(ENGINEER)}
    assert signing_texts(signed_request(KIM, ENGINEER), crossed) == set()

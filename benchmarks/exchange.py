"""What one exchange costs on the wire: sealing, signing, verifying, opening, for a batch of 500 events."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from tests.builders import a_batch, an_event
from wire import enrolment, envelope, frame, keys, messages, signatures

KEY = keys.generate_key()
KEY_ID = keys.key_id(keys.public_bytes(KEY))
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
TAG = enrolment.exchange_tag("r" * 43)
EVENTS = [an_event(event_id=f"{at:016x}", text=f"ERROR payment {at} failed: timeout after 30 s") for at in range(500)]
PLAIN = envelope.encode(a_batch(*EVENTS))
BODY = frame.pack(PLAIN)
MESSAGE = signatures.Message(frame.CONTENT_TYPE, BODY, "00000000000000aa/1", path="/v1/exchange")


def _sign() -> dict[str, str]:
    return signatures.sign(MESSAGE, key=KEY, key_id=KEY_ID, tag=TAG, now=NOW, nonce="n0nce-n0nce")


HEADERS = _sign()


def _verify() -> None:
    claim = signatures.read_claim(HEADERS)
    digest = HEADERS["content-digest"]
    signatures.verify(claim, MESSAGE, digest_header=digest, key=KEY.public_key(), tag=TAG, now=NOW)


def _open() -> None:
    plain = frame.unpack(BODY)
    frame.check_strict(plain)
    for raw in envelope.decode_batch(plain).records:
        messages.decode_record(raw)


def _measure(name: str, act: Callable[[], object], rounds: int) -> None:
    began = time.perf_counter()
    for _ in range(rounds):
        act()
    print(f"{name:32} {(time.perf_counter() - began) / rounds * 1_000:8.3f} ms")


if __name__ == "__main__":
    print(f"500 events: {len(PLAIN)} bytes plain, {len(BODY)} bytes packed")
    _measure("encode and pack", lambda: frame.pack(envelope.encode(a_batch(*EVENTS))), 50)
    _measure("sign", _sign, 500)
    _measure("verify", _verify, 500)
    _measure("unpack, check, decode", _open, 50)

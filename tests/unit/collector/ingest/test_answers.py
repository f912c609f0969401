from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest

from collector.ingest.answers import RETRY_AFTER_S, RETRY_SPREAD_S, Addressee, Answer, Refused, Signer
from wire import envelope
from wire.errors import SignatureRefused
from wire.frame import REFUSAL_TYPE
from wire.keys import generate_key
from wire.signatures import Message, read_claim, verify

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
KEY = generate_key()
TO = Addressee("ack-v1:a1", "00000000000000aa/7")


@pytest.fixture
def signer() -> Signer:
    numbers = itertools.count(1)
    return Signer(KEY, lambda: NOW, lambda: f"{next(numbers) * 0x9E3779B97F4A7C15 % 2**128:032x}"[::-1])


def check(answer: Answer, *, tag: str = TO.tag, status: int | None = None) -> None:
    sequence = answer.fields["x-agent-seq"]
    message = Message(answer.content_type, answer.body, sequence, status=answer.status if status is None else status)
    claim = read_claim(answer.fields, response=True)
    verify(claim, message, digest_header=answer.fields["content-digest"], key=KEY.public_key(), tag=tag, now=NOW)


def test_a_refusal_is_signed_for_whom_it_is_meant_and_says_our_time(signer: Signer) -> None:
    answer = signer.refusal(Refused(401, "clock_skew", "off by a day", to=TO))
    check(answer)
    assert answer.fields["x-agent-seq"] == TO.sequence
    assert (answer.status, answer.content_type) == (401, REFUSAL_TYPE)
    refusal = envelope.decode_refusal(answer.body)
    assert (refusal.error, refusal.detail, refusal.time) == ("clock_skew", "off by a day", NOW)
    for other in ({"tag": "ack-v1:a2"}, {"status": 200}):
        with pytest.raises(SignatureRefused):
            check(answer, **other)


def test_nobody_known_means_no_signature(signer: Signer) -> None:
    answer = signer.refusal(Refused(401, "key_unknown", "no agent has this key", last=True))
    assert not {"signature", "signature-input"} & set(answer.fields)
    assert answer.last


def test_those_who_are_turned_away_come_back_at_different_times(signer: Signer) -> None:
    answers = [signer.refusal(Refused(503, "overloaded", "", retry=True)) for _ in range(200)]
    waits = [int(answer.fields["retry-after"]) for answer in answers]
    assert RETRY_AFTER_S <= min(waits) < RETRY_AFTER_S + 10
    assert RETRY_AFTER_S + RETRY_SPREAD_S - 10 < max(waits) <= RETRY_AFTER_S + RETRY_SPREAD_S
    assert "retry-after" not in signer.refusal(Refused(400, "malformed", "")).fields


def test_a_long_detail_is_cut_to_what_an_agent_takes(signer: Signer) -> None:
    answer = signer.refusal(Refused(400, "malformed", "x" * 10_000))
    assert len(envelope.decode_refusal(answer.body).detail) == 2_000

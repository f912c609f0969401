"""Whoever sits between host and collector changes a byte of an answer: it is the same answer, or it is none."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.spool.model import Place, Sealed
from agent.uplink.answers import Heard, judge_answer
from agent.uplink.exchange import Happening
from agent.uplink.port import Answer
from wire import frame
from wire.enrolment import ack_tag
from wire.envelope import Document, Refusal, Reply, encode
from wire.keys import generate_key, key_id, public_bytes
from wire.messages import EXAMPLE_TIME
from wire.signatures import Message, sign

KEY = generate_key()
EPOCH = "00000000000000aa"
PLACE = Place("a1", EPOCH, sealed=5, mark=4, session=1)
SENT = Sealed(EPOCH, 5, b"body", 3, doubtful=False)
DOCUMENT = Document(kind="request", media_type="application/vnd.dsse+json", content=b'{"payload":"e30="}')
REPLY = Reply(epoch=EPOCH, mark=5, generation="g", time=EXAMPLE_TIME, interval_s=60.0, documents=[DOCUMENT])


def _signed(body: bytes, status: int, kind: str) -> Answer:
    message = Message(content_type=kind, body=body, sequence=f"{EPOCH}/5", status=status)
    own = key_id(public_bytes(KEY))
    return Answer(status, sign(message, key=KEY, key_id=own, tag=ack_tag("a1"), now=EXAMPLE_TIME, nonce="n" * 22), body)


ECHO = "x-agent-seq"  # covered as the host sent it, whatever comes back in the field
ACK = _signed(frame.pack(encode(REPLY)), 200, frame.CONTENT_TYPE)
CLOCK = _signed(encode(Refusal(error="clock_skew", time=EXAMPLE_TIME)), 401, frame.REFUSAL_TYPE)


def _heard(answer: Answer) -> Heard:
    return judge_answer(
        answer, SENT, PLACE, receipt_key=KEY.public_key(), now=EXAMPLE_TIME + timedelta(days=1), is_first=False
    )


def _says_nothing(heard: Heard) -> bool:
    """Nothing is dropped, no clock is moved, no document is taken."""
    return heard.reply is None and heard.happening not in {Happening.ACKED, Happening.CLOCK_OFF, Happening.NEW_EPOCH}


def _changed(raw: bytes, at: int, bit: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ bit]) + raw[at + 1 :]


def test_the_answers_themselves_are_heard() -> None:
    heard = _heard(ACK)
    assert heard.happening is Happening.ACKED
    assert heard.reply is not None
    assert heard.reply.documents == [DOCUMENT]
    assert _heard(CLOCK).happening is Happening.CLOCK_OFF


@pytest.mark.parametrize("answer", [ACK, CLOCK], ids=["receipt", "refusal"])
def test_no_byte_of_a_body_can_be_changed_left_out_or_put_in(answer: Answer) -> None:
    for at in range(len(answer.body)):
        for body in (
            _changed(answer.body, at, 1 << at % 8),
            answer.body[:at],
            answer.body[:at] + answer.body[at + 1 :],
        ):
            assert _says_nothing(_heard(Answer(answer.status, answer.headers, body))), at


@pytest.mark.parametrize("answer", [ACK, CLOCK], ids=["receipt", "refusal"])
def test_no_byte_of_a_signed_field_can_be_changed(answer: Answer) -> None:
    for name, value in ((name, value) for name, value in answer.headers.items() if name != ECHO):
        for at in range(len(value)):
            other = _changed(value.encode("latin-1"), at, 1 << at % 8).decode("latin-1")
            heard = _heard(Answer(answer.status, {**answer.headers, name: other}, answer.body))
            assert _says_nothing(heard), (name, at)


@pytest.mark.parametrize("name", sorted(set(ACK.headers) - {ECHO}))
def test_no_signed_field_can_be_missing(name: str) -> None:
    assert _says_nothing(_heard(Answer(200, {key: ACK.headers[key] for key in ACK.headers if key != name}, ACK.body)))


@given(st.integers(100, 599))
def test_a_receipt_under_another_status_is_none(status: int) -> None:
    heard = _heard(Answer(status, ACK.headers, ACK.body))
    assert _says_nothing(heard) or status == 200


@given(st.binary(max_size=400), st.dictionaries(st.sampled_from(sorted(ACK.headers)), st.text(max_size=80), max_size=6))
def test_any_bytes_under_any_fields_are_no_receipt(body: bytes, fields: dict[str, str]) -> None:
    assert _says_nothing(_heard(Answer(200, {**ACK.headers, **fields}, body))) or body == ACK.body
    assert _says_nothing(_heard(Answer(200, fields, ACK.body))) or {**ACK.headers, **fields} == ACK.headers


def test_the_answer_to_another_batch_is_none() -> None:
    """The control of the echo: the signature covers the sequence that was sent."""
    other = Sealed(EPOCH, 6, b"body", 3, doubtful=False)
    heard = judge_answer(ACK, other, PLACE, receipt_key=KEY.public_key(), now=EXAMPLE_TIME, is_first=False)
    assert _says_nothing(heard)

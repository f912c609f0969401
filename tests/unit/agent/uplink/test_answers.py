from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from agent.spool.model import Place, Sealed
from agent.uplink.answers import Heard, judge_answer
from agent.uplink.exchange import Happening
from agent.uplink.port import Answer
from wire import frame
from wire.enrolment import ack_tag
from wire.envelope import Refusal, Reply, encode
from wire.keys import Ed25519PrivateKey, generate_key, key_id, public_bytes
from wire.messages import EXAMPLE_TIME
from wire.signatures import Message, sign

KEY = generate_key()
EPOCH = "00000000000000aa"
PLACE = Place("a1", EPOCH, sealed=5, mark=4, session=1)
SENT = Sealed(EPOCH, 5, b"body", 3, doubtful=False)


def a_reply(**changes: object) -> bytes:
    values = {"epoch": EPOCH, "mark": 5, "generation": "g", "time": EXAMPLE_TIME, "interval_s": 60.0}
    return frame.pack(encode(Reply(**values | changes)))  # type: ignore[arg-type]


def signed(
    body: bytes, *, status: int = 200, kind: str = frame.CONTENT_TYPE, key: Ed25519PrivateKey = KEY, **changes: str
) -> Answer:
    sequence, tag = changes.get("sequence", f"{EPOCH}/5"), changes.get("tag", ack_tag("a1"))
    message = Message(content_type=kind, body=body, sequence=sequence, status=status)
    headers = sign(message, key=key, key_id=key_id(public_bytes(key)), tag=tag, now=EXAMPLE_TIME, nonce="n" * 22)
    return Answer(status, headers, body)


def judge(answer: Answer, sent: Sealed = SENT, *, is_first: bool = False) -> Heard:
    return judge_answer(
        answer, sent, PLACE, receipt_key=KEY.public_key(), now=EXAMPLE_TIME + timedelta(days=1), is_first=is_first
    )


@pytest.mark.parametrize(
    ("mark", "happening"),
    [(5, Happening.ACKED), (3, Happening.RESYNC), (4, Happening.RESYNC), (9, Happening.NEW_EPOCH)],
)
def test_the_mark_decides(mark: int, happening: Happening) -> None:
    heard = judge(signed(a_reply(mark=mark)))
    assert heard.happening is happening
    assert heard.problem is None


def test_a_first_batch_that_was_never_sent_and_is_a_duplicate_shows_a_restored_disk() -> None:
    answer = signed(a_reply(duplicate=True))
    assert judge(answer, is_first=True).happening is Happening.NEW_EPOCH
    assert judge(answer, is_first=False).happening is Happening.ACKED
    doubtful = Sealed(EPOCH, 5, b"body", 3, doubtful=True)
    assert judge(answer, doubtful, is_first=True).happening is Happening.ACKED


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("doubtful", [True, False])
def test_what_was_taken_under_our_number_decides_about_a_duplicate(is_first: bool, doubtful: bool) -> None:
    """However surely or not the batch was sent before: our own bytes are ours, others are not."""
    sent = Sealed(EPOCH, 5, b"body", 3, doubtful=doubtful)
    ours, others = hashlib.sha256(b"body").hexdigest(), hashlib.sha256(b"another life").hexdigest()
    for digest, happening in ((ours, Happening.ACKED), (others, Happening.NEW_EPOCH)):
        heard = judge(signed(a_reply(duplicate=True, digest=digest)), sent, is_first=is_first)
        assert heard.happening is happening


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, {"content-type": "text/html"}, b"<html>log in</html>"),
        Answer(200, {"content-type": frame.CONTENT_TYPE}, a_reply()),
        signed(a_reply(), key=generate_key()),
        signed(a_reply(), tag=ack_tag("a2")),
        signed(a_reply(), sequence=f"{EPOCH}/4"),
        signed(a_reply(epoch="00000000000000bb")),
        signed(a_reply(), kind="application/json"),
        signed(b"not a frame"),
        signed(frame.pack(b"{}")),
        Answer(302, {"location": "https://elsewhere.example"}, b""),
        Answer(407, {}, b""),
    ],
)
def test_nothing_but_the_enrolled_collectors_own_answer_is_an_ack(answer: Answer) -> None:
    heard = judge(answer)
    assert heard.happening is Happening.UNTRUSTED
    assert heard.problem is not None
    assert heard.reply is None


def test_an_ack_whose_body_was_changed_on_the_way_is_none() -> None:
    answer = signed(a_reply(mark=5))
    assert judge(Answer(200, answer.headers, a_reply(mark=4))).happening is Happening.UNTRUSTED


@pytest.mark.parametrize(
    ("status", "happening"),
    [
        (400, Happening.REFUSED),
        (401, Happening.FORBIDDEN),
        (403, Happening.FORBIDDEN),
        (409, Happening.REFUSED),
        (413, Happening.POISONED),
        (415, Happening.REFUSED),
        (422, Happening.REFUSED),
        (429, Happening.BUSY),
        (500, Happening.REFUSED),
        (502, Happening.BUSY),
        (503, Happening.BUSY),
        (504, Happening.BUSY),
        (507, Happening.BUSY),
    ],
)
def test_refusals_by_status(status: int, happening: Happening) -> None:
    body = encode(Refusal(error="some_error"))
    heard = judge(signed(body, status=status, kind=frame.REFUSAL_TYPE))
    assert heard.happening is happening
    assert "some_error" in str(heard.problem)


def test_only_a_signed_clock_refusal_moves_the_clock() -> None:
    body = encode(Refusal(error="clock_skew", time=EXAMPLE_TIME))
    answer = signed(body, status=401, kind=frame.REFUSAL_TYPE)
    heard = judge(answer)
    assert heard.happening is Happening.CLOCK_OFF
    assert heard.collector_time == EXAMPLE_TIME
    unsigned = judge(Answer(401, {"content-type": frame.REFUSAL_TYPE}, body))
    assert unsigned.happening is Happening.FORBIDDEN
    assert unsigned.collector_time is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30.0), ("Wed, 25 Nov 2026 01:00:30 GMT", 30.0), ("", 0.0), ("soon", 0.0), ("-4", 0.0), ("٣", 0.0)],
)
def test_retry_after_as_seconds_or_date(text: str, seconds: float) -> None:
    assert judge(Answer(503, {"retry-after": text}, b"")).retry_after_s == seconds


def test_only_the_collector_itself_can_hold_us_off_for_longer_than_our_own_backoff() -> None:
    headers = {"retry-after": "100000"}
    assert judge(Answer(503, headers, b"")).retry_after_s == 300.0
    told = signed(encode(Refusal(error="overloaded")), status=503, kind=frame.REFUSAL_TYPE)
    assert judge(Answer(503, {**told.headers, **headers}, told.body)).retry_after_s == 3_600.0

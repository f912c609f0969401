"""POST /v1/wait: an agent asks to be told when something is due for it, and the collector takes its time to answer.

The answer says "ask now" or "nothing yet", and nothing else: documents travel in the exchange alone, so
there is one way down. Whoever forges an answer, or holds the collector, can make an agent exchange
sooner, at a rate that the agent itself bounds.

The question's sequence (the x-agent-seq field) is `wait/` and a nonce. The answer echoes it under its
signature, so that an answer fits one question.

>>> decode_answer(encode(WaitAnswer(due=True, wait_s=50.0))).due
True
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from wire.errors import Malformed

PATH = "/v1/wait"
WAIT_TYPE = "application/vnd.sitewarden.wait+json"
SEQUENCE_PREFIX = "wait/"

SHORTEST_S = 5.0  # a path that cuts every answer sooner is no path for waiting
LONGEST_S = 55.0  # proxies and balancers close what is silent for 60 s

WaitTime = Annotated[float, Meta(ge=0, le=3_600)]


class WaitQuestion(Struct, kw_only=True, frozen=True):
    """For how long the agent would like to wait, in seconds."""

    for_s: WaitTime


class WaitAnswer(Struct, kw_only=True, frozen=True):
    """Whether something is due for this agent, and for how long it may wait the next time."""

    due: bool
    wait_s: WaitTime


_encoder = msgspec.json.Encoder()
_questions: msgspec.json.Decoder[WaitQuestion] = msgspec.json.Decoder(WaitQuestion)
_answers: msgspec.json.Decoder[WaitAnswer] = msgspec.json.Decoder(WaitAnswer)


def encode(message: WaitQuestion | WaitAnswer) -> bytes:
    """Compact JSON."""
    return _encoder.encode(message)


def decode_question(raw: bytes) -> WaitQuestion:
    """The question in `raw`; `Malformed` otherwise."""
    try:
        return _questions.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error


def decode_answer(raw: bytes) -> WaitAnswer:
    """The answer in `raw`; `Malformed` otherwise."""
    try:
        return _answers.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error


def wait_tag(receipt_key_id: str) -> str:
    """The tag of a question to the collector with this receipt key."""
    return f"wait-v1:{receipt_key_id}"

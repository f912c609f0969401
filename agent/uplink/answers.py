"""What an answer means, pure. Nothing counts as an ack that the pinned receipt key has not signed.

A captive portal, a proxy and a load balancer answer too. What they say unsigned can make us wait,
no longer than our own backoff, split a batch (413) or try again; it can never make us drop, correct
the clock or start anew.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from agent.spool.model import Place, Sealed
from agent.uplink.exchange import Happening
from agent.uplink.pacing import heeded_s
from agent.uplink.port import Answer
from wire.enrolment import ack_tag
from wire.envelope import Refusal, Reply, Verdict, decode_refusal, decode_reply, is_another_life, judge_mark
from wire.errors import Malformed, SignatureFault, SignatureRefused, TooLarge
from wire.frame import CONTENT_TYPE, REFUSAL_TYPE, unpack
from wire.sentence import Sentence, sentence
from wire.signatures import Message, read_claim, verify

if TYPE_CHECKING:
    from wire.keys import Ed25519PublicKey

BUSY: Final = frozenset({408, 425, 429, 502, 503, 504, 507})
FORBIDDEN: Final = frozenset({401, 403})
REFUSED: Final = frozenset({400, 404, 409, 415, 422, 500, 501})
TOO_LARGE: Final = 413
OK: Final = 200


@dataclass(frozen=True)
class Heard:
    """The meaning of one answer; `problem` is for `status`, None when all is well."""

    happening: Happening
    problem: Sentence | None = None
    reply: Reply | None = None
    retry_after_s: float = 0.0
    collector_time: datetime | None = None


def judge_answer(
    answer: Answer,
    sent: Sealed,
    place: Place,
    *,
    receipt_key: Ed25519PublicKey,
    now: datetime,
    is_first: bool = False,
) -> Heard:
    """What `answer` to the batch `sent` means; `place` is where the agent stands before it.

    `is_first`: nothing was acked yet since this process started.
    """
    problem = signature_problem(answer, sequence_header(sent), tag=ack_tag(place.agent), key=receipt_key)
    if answer.status == OK:
        return _judge_reply(answer, sent, place, problem, is_first=is_first)
    refusal = refusal_in(answer)
    if problem is None and refusal is not None and refusal.error == SignatureFault.CLOCK.value and refusal.time:
        return Heard(
            Happening.CLOCK_OFF,
            sentence("the clock of this host is {seconds} s off", seconds=round((refusal.time - now).total_seconds())),
            collector_time=refusal.time,
        )
    return _judge_refusal(answer, refusal, now, is_signed=problem is None)


def sequence_header(sent: Sealed) -> str:
    """The x-agent-seq header of a batch."""
    return f"{sent.epoch}/{sent.sequence}"


def signature_problem(answer: Answer, sequence: str, *, tag: str, key: Ed25519PublicKey) -> Sentence | None:
    """None when `key` signed this answer to this request; otherwise what to tell the administrator.

    The time is left out on purpose: an agent with a wrong clock must be able to believe the answer
    that says so. The echoed sequence ties the answer to the request.
    """
    message = Message(
        content_type=answer.headers.get("content-type", ""), body=answer.body, sequence=sequence, status=answer.status
    )
    try:
        claim = read_claim(answer.headers, response=True)
        digest = answer.headers.get("content-digest", "")
        verify(claim, message, digest_header=digest, key=key, tag=tag, now=None)
    except SignatureRefused as refused:
        if refused.reason is SignatureFault.ABSENT:
            return sentence("something else than the collector answered with {status}", status=answer.status)
        return sentence("an answer is not signed by the enrolled collector ({reason})", reason=refused.reason.value)
    return None


def _judge_reply(answer: Answer, sent: Sealed, place: Place, problem: Sentence | None, *, is_first: bool) -> Heard:
    if problem is not None:
        return Heard(Happening.UNTRUSTED, problem)
    if answer.headers.get("content-type") != CONTENT_TYPE:
        return Heard(Happening.UNTRUSTED, sentence("the collector's answer is of an unknown type"))
    try:
        reply = decode_reply(unpack(answer.body))
    except (Malformed, TooLarge) as error:
        return Heard(
            Happening.UNTRUSTED, sentence("the collector's answer cannot be read: {problem}", problem=str(error))
        )
    if reply.epoch != sent.epoch:
        return Heard(Happening.UNTRUSTED, sentence("the collector answered for another epoch"))
    return Heard(_judge_place(reply, sent, place, is_first=is_first), reply=reply, collector_time=reply.time)


def _judge_place(reply: Reply, sent: Sealed, place: Place, *, is_first: bool) -> Happening:
    """The verdict of the wire: of the mark, and of what was taken under our number before.

    A duplicate of other bytes carries a number that another life of this disk has used: the machine was
    restored from a copy that is exactly as many batches old as it has made since. Where the collector no
    longer knows the bytes, only the first batch of a run shows it, and only if it surely was never sent:
    later in a run a duplicate means that something on the way delivered twice.

    A batch that was broken up after it had arrived unseen looks the same. What it holds is sent once more
    in the new epoch too, where its events are known by their ids.
    """
    digest = hashlib.sha256(sent.body).hexdigest()
    if is_another_life(reply, digest=digest, is_doubtful=sent.doubtful or not is_first):
        return Happening.NEW_EPOCH
    verdict = judge_mark(reply.mark, sequence=sent.sequence, acked=place.mark, sealed=place.sealed)
    return {
        Verdict.ACKED: Happening.ACKED,
        Verdict.RESYNC: Happening.RESYNC,
        Verdict.NEW_EPOCH: Happening.NEW_EPOCH,
    }[verdict]


def _judge_refusal(answer: Answer, refusal: Refusal | None, now: datetime, *, is_signed: bool) -> Heard:
    said = sentence("the collector answered {status}", status=answer.status)
    if refusal is not None:
        said = sentence("the collector answered {status} ({error})", status=answer.status, error=refusal.error)
    retry_after_s = heeded_s(read_retry_after_s(answer.headers.get("retry-after", ""), now), is_signed=is_signed)
    if answer.status == TOO_LARGE:
        return Heard(Happening.POISONED, said)
    if answer.status in FORBIDDEN:
        return Heard(Happening.FORBIDDEN, sentence("the collector does not accept this host's key: {said}", said=said))
    if answer.status in BUSY:
        return Heard(Happening.BUSY, said, retry_after_s=retry_after_s)
    if answer.status in REFUSED:
        return Heard(Happening.REFUSED, said, retry_after_s=retry_after_s)
    return Heard(
        Happening.UNTRUSTED, sentence("something else than the collector answered with {status}", status=answer.status)
    )


def refusal_in(answer: Answer) -> Refusal | None:
    """The refusal in the body; None for anything else."""
    if answer.headers.get("content-type") != REFUSAL_TYPE:
        return None
    try:
        return decode_refusal(answer.body)
    except Malformed:
        return None


def read_retry_after_s(text: str, now: datetime) -> float:
    """Seconds in a Retry-After field, which is a number or a date; 0 for anything else."""
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError):
        return 0.0

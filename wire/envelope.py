"""The exchange: one batch goes up, one signed answer comes down.

Theory of operation
-------------------
An agent owns an *epoch* (16 hexadecimal digits, made when its spool is made) and numbers its
batches 1, 2, 3 ... in it. A batch is sealed once: its bytes never change, so a repeat is the
same bytes with a new signature. One batch is under way at a time.

The collector keeps one *mark* for each (agent, epoch): the highest sequence below which all
are applied. It answers only after the commit, so a mark is a promise: **acked means durable,
once**. A repeated batch changes nothing and is answered with `duplicate`.

The answer tells the agent three ways to differ from what it expects:

- mark = sequence sent: the normal case, the batch may leave the spool (after its keeping time);
- mark lower than what was already acked: the collector was restored from a backup. The agent
  sends again what it kept (*resync*), from mark + 1 on;
- mark higher than the highest sequence ever sealed, or a `duplicate` of other bytes (`digest`): the
  *agent's* disk went back in time (a restored machine). The agent starts a new epoch and renumbers
  what it still has; events that were taken before are known by their `event_id`.

`generation` names the collector's database; it changes with a new database, not with a restart.

A worked example, three exchanges, the second one lost on the way back:

>>> first = Batch(agent="a1", epoch="00000000000000aa", sequence=1, session=1, sealed_at=EXAMPLE_TIME, records=[])
>>> reply = Reply(epoch=first.epoch, mark=1, generation="g1", time=EXAMPLE_TIME, interval_s=60.0)
>>> judge_mark(reply.mark, sequence=1, acked=0, sealed=1)
<Verdict.ACKED: 'acked'>
>>> judge_mark(2, sequence=2, acked=1, sealed=2)  # the repeat of batch 2: applied once, acked now
<Verdict.ACKED: 'acked'>
>>> judge_mark(1, sequence=3, acked=2, sealed=3)  # the collector came back with yesterday's data
<Verdict.RESYNC: 'resync'>
>>> judge_mark(7, sequence=3, acked=2, sealed=3)  # our own disk went back
<Verdict.NEW_EPOCH: 'new_epoch'>
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from wire.errors import Malformed
from wire.fields import Count, Name, Time
from wire.limits import BATCH_RECORDS_MAX, DOCUMENTS, NAME_CHARS, PROTOCOL
from wire.messages import EXAMPLE_TIME, Record

__all__ = ["EXAMPLE_TIME", "Batch", "Document", "Reply", "Verdict", "decode_batch", "decode_reply", "judge_mark"]

AgentId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+\Z")]
Protocol = Annotated[int, Meta(ge=1, le=1_000)]
Epoch = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
Sequence = Annotated[int, Meta(ge=1, le=2**53)]


class Spool(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """How the agent's spool stands when the batch is sealed."""

    bytes: Count = 0
    waiting: Count = 0  # records not yet acked
    full: bool = False


class Batch(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What goes up. `records` stay raw here, so that one bad record is parked and the rest applied."""

    protocol: Protocol = PROTOCOL
    agent: AgentId
    epoch: Epoch
    sequence: Sequence
    session: Annotated[int, Meta(ge=0, le=2**53)]  # counts the agent's starts; two live ones mean a clone
    sealed_at: Time
    spool: Spool = Spool()
    records: Annotated[list[msgspec.Raw], Meta(max_length=BATCH_RECORDS_MAX)] = []


class Document(Struct, kw_only=True, frozen=True):
    """A signed document on its way down; the agent passes on what it cannot judge and acts on nothing by itself."""

    kind: Name
    media_type: Name
    content: bytes  # base64 in JSON


class Reply(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What comes down, signed by the collector's receipt key, after the commit."""

    protocol: Protocol = PROTOCOL
    epoch: Epoch
    mark: Count
    generation: Annotated[str, Meta(min_length=1, max_length=NAME_CHARS)]
    time: Time
    interval_s: Annotated[float, Meta(ge=0.1, le=86_400)]
    phase_s: Annotated[float, Meta(ge=0, le=86_400)] | None = None  # into the interval; without it the agent's own
    duplicate: bool = False
    digest: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""  # sha256 of the body taken under this sequence
    parked: Count = 0
    documents: Annotated[list[Document], Meta(max_length=DOCUMENTS)] = []


class Refusal(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The body of every answer that is not 200: a code for machines, a sentence for people."""

    error: Name
    detail: Annotated[str, Meta(max_length=2_000)] = ""
    time: Time | None = None


class Verdict(StrEnum):
    """What a mark means to the agent that receives it."""

    ACKED = "acked"
    RESYNC = "resync"
    NEW_EPOCH = "new_epoch"


def judge_mark(mark: int, *, sequence: int, acked: int, sealed: int) -> Verdict:
    """Compare the collector's `mark` with what the agent knows.

    `sequence` is the batch just answered, `acked` the highest mark seen before it, `sealed` the
    highest sequence ever sealed in this epoch. A mark between `acked` and `sequence - 1` is a
    resync too: the collector lacks a batch that we must send first.
    """
    if mark > sealed:
        return Verdict.NEW_EPOCH
    if mark < sequence or mark < acked:
        return Verdict.RESYNC
    return Verdict.ACKED


def is_another_life(reply: Reply, *, digest: str, is_doubtful: bool) -> bool:
    """Whether `reply` calls a batch a duplicate that was never sent: our disk went back, the number was used before.

    Marks alone cannot show it when the lost past is as long as the new one. `digest` is the sha256 of
    the body just sent; where the collector no longer knows what it took (its evidence has a
    retention), `is_doubtful` decides: whether an earlier try of this batch may have got through.
    """
    if not reply.duplicate:
        return False
    return reply.digest != digest if reply.digest else not is_doubtful


T = TypeVar("T")

_encoder = msgspec.json.Encoder()
_batches: msgspec.json.Decoder[Batch] = msgspec.json.Decoder(Batch)
_replies: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)
_refusals: msgspec.json.Decoder[Refusal] = msgspec.json.Decoder(Refusal)


def raw_records(records: list[Record]) -> list[msgspec.Raw]:
    """Records as they stand in a `Batch`."""
    return [msgspec.Raw(_encoder.encode(record)) for record in records]


def encode(message: Batch | Reply | Refusal) -> bytes:
    """Compact JSON of an envelope."""
    return _encoder.encode(message)


def decode_batch(raw: bytes) -> Batch:
    """The batch in `raw` (plain JSON, already unpacked and checked by `frame`); `Malformed` otherwise."""
    return _decoded(_batches, raw)


def decode_reply(raw: bytes) -> Reply:
    """The reply in `raw`; `Malformed` otherwise."""
    return _decoded(_replies, raw)


def decode_refusal(raw: bytes) -> Refusal:
    """The refusal in `raw`; `Malformed` when a proxy, not a collector, answered."""
    return _decoded(_refusals, raw)


def _decoded(decoder: msgspec.json.Decoder[T], raw: bytes) -> T:
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error

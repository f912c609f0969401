"""The shell around the exchange: takes a batch, sends it, does what follows from the answer.

One call of `turn` is at most one request. Everything durable happens in the spool; what is held here
(failures, offset of the clock, interval) may be lost with the process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from agent.spool.model import Sealed
from agent.spool.port import SpoolFull
from agent.spool.spool import Spool
from agent.uplink.answers import Heard, judge_answer, sequence_header
from agent.uplink.exchange import Act, BreakUp, Exchange, Happening, State
from agent.uplink.identity import Identity
from agent.uplink.pacing import backoff_s, busy_s, first_s, rest_s
from agent.uplink.port import Transport, Unreachable
from wire.enrolment import exchange_tag
from wire.envelope import Document
from wire.frame import CONTENT_TYPE
from wire.sentence import Sentence, sentence
from wire.signatures import Message, sign

PATH: Final = "/v1/exchange"
IDLE_S: Final = 5.0


@dataclass(frozen=True)
class Luck:
    """Clock and randomness, injected. `chance` is in [0, 1), `nonce` 8 to 64 characters of base64url."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    chance: Callable[[], float]
    nonce: Callable[[], str]


@dataclass
class Report:
    """What `status` says about the connection."""

    state: State = State.READY
    problem: Sentence | None = None
    last_ack_at: datetime | None = None
    generation: str = ""
    clock_offset_s: float = 0.0

    @property
    def ahead_s(self) -> float | None:
        """How far this host's clock is ahead of the collector's; None before the first ack."""
        return None if self.last_ack_at is None else -self.clock_offset_s


class Delivery:
    """Delivers for one identity over one transport."""

    def __init__(
        self,
        spool: Spool,
        transport: Transport,
        identity: Identity,
        luck: Luck,
        *,
        on_interval: Callable[[float, float | None], None] = lambda _interval, _phase: None,
        on_documents: Callable[[Sequence[Document]], None] = lambda _: None,
    ) -> None:
        self._spool = spool
        self._transport = transport
        self._identity = identity
        self._luck = luck
        self._on_interval = on_interval
        self._on_documents = on_documents
        is_new = spool.place.mark == 0  # nothing was acked yet: somebody has just set it up and looks
        self._exchange = Exchange(State.READY if is_new else State.STARTING)
        self._resume_at = luck.monotonic() + (0.0 if is_new else first_s(identity.interval_s, luck.chance()))
        self._doubted = ""
        self._offset = timedelta()
        self.report = Report(self._exchange.state)

    def turn(self) -> float:
        """Do what is due now; seconds until the next turn, unless something is deposited before."""
        now = self._luck.monotonic()
        if self._exchange.state in {State.UNDER_WAY, State.UNDER_WAY_CORRECTED}:  # a mistake cut the last turn off
            self._wait(self._step(Happening.UNREACHABLE), Heard(Happening.UNREACHABLE))
        if self._exchange.state in {State.STARTING, State.WAITING, State.SHUT_OUT}:
            is_early = self._exchange.state is State.STARTING and self._spool.is_urgent
            if now < self._resume_at and not is_early:
                return self._resume_at - now
            self._resume_at = now
            self._step(Happening.DUE)
        batch = self._spool.next_batch()
        if batch is None:
            due = self._spool.due_in_s()
            return IDLE_S if due is None else min(due, IDLE_S)
        self._deliver(batch)
        return max(0.0, self._resume_at - self._luck.monotonic())

    def _deliver(self, batch: Sealed) -> None:
        batch = replace(batch, doubtful=batch.doubtful or self._doubted == sequence_header(batch))
        self._step(Happening.SEND)
        try:
            heard = self._send(batch)
        except Unreachable as failure:
            heard = Heard(Happening.UNREACHABLE, failure.why)
            is_doubtful = failure.maybe_sent
        else:
            is_doubtful = heard.reply is None
        if is_doubtful:  # it may have been taken all the same: a duplicate of it will be no surprise
            self._doubted = sequence_header(batch)
        self._follow(batch, heard)

    def _send(self, batch: Sealed) -> Heard:
        headers = sign(
            Message(content_type=CONTENT_TYPE, body=batch.body, sequence=sequence_header(batch), path=PATH),
            key=self._identity.key,
            key_id=self._identity.key_id,
            tag=exchange_tag(self._identity.receipt_key_id),
            now=self._luck.now() + self._offset,
            nonce=self._luck.nonce(),
        )
        answer = self._transport.post(PATH, headers, batch.body)
        return judge_answer(
            answer,
            replace(batch, doubtful=batch.doubtful or answer.repeated),
            self._spool.place,
            receipt_key=self._identity.receipt_key,
            now=self._luck.now(),
            is_first=self.report.last_ack_at is None,
        )

    def _follow(self, batch: Sealed, heard: Heard) -> None:
        mark = heard.reply.mark if heard.reply else 0
        happening = self._exchange.refine(heard.happening, mark)
        act = self._step(happening)
        self.report.problem = heard.problem
        try:
            self._act(act, batch, heard, mark)
        except SpoolFull as full:  # the disk: what we know is not durable, so the same answer must come again
            self.report.problem = sentence("the spool cannot be written: {problem}", problem=str(full))
            self._resume_at = self._luck.monotonic() + backoff_s(3, self._luck.chance())
            self._exchange.state = State.WAITING
        self.report.state = self._exchange.state

    def _act(self, act: Act, batch: Sealed, heard: Heard, mark: int) -> None:
        if act is Act.ACK:
            self._spool.ack(mark)
        elif act is Act.RESYNC:
            self._spool.resync(mark, answered=batch.sequence)
        elif act is Act.START_EPOCH:
            self._spool.start_epoch("" if batch.rewritten else _other_life(mark))
        elif act is Act.CORRECT_CLOCK and heard.collector_time is not None:
            self._offset = heard.collector_time - self._luck.now()
        elif act is Act.BREAK_UP:
            self._break_up(batch, heard)
        self._note(act, heard)
        self._wait(act, heard)

    def _break_up(self, batch: Sealed, heard: Heard) -> None:
        how = self._exchange.break_up(batch.records)
        if how is BreakUp.SPLIT:
            self._spool.split(batch.sequence)
        elif how is BreakUp.PARK:
            self._spool.park(batch.sequence, str(heard.problem or heard.happening))
        else:
            self._resume_at = self._luck.monotonic() + rest_s(self._luck.chance())

    def _note(self, act: Act, heard: Heard) -> None:
        reply = heard.reply
        if heard.collector_time is not None:
            self.report.clock_offset_s = round((heard.collector_time - self._luck.now()).total_seconds(), 3)
        if reply is None:
            return
        self.report.generation = reply.generation
        if act is Act.ACK:
            self.report.last_ack_at = self._luck.now()
        self._on_interval(reply.interval_s, reply.phase_s)
        if reply.documents:
            self._on_documents(reply.documents)

    def _wait(self, act: Act, heard: Heard) -> None:
        if act is Act.REST:
            seconds = rest_s(self._luck.chance())
        elif act in {Act.BACK_OFF, Act.PAUSE}:
            seconds = busy_s(self._exchange.failures, heard.retry_after_s, self._luck.chance())
        else:
            return
        self._resume_at = self._luck.monotonic() + seconds

    def _step(self, happening: Happening) -> Act:
        return self._exchange.happen(happening)


def _other_life(mark: int) -> str:
    return f"the collector holds batches of this epoch, up to {mark}, that this host does not have"

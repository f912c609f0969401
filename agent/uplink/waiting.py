"""Waits at the collector, in a thread of its own, so that signed documents come down at once.

The answer says "something is due for you" and carries nothing: what follows is a report before its time,
and documents come with the answer to that, by the one way there is. It is believed only under the pinned
receipt key and for the question that was asked; whoever holds that key causes exchanges, and not more often
than `Patience` lets it.

Nothing listens here, and nothing of this is needed: without it documents come with the next report.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from agent.settings.model import Settings
from agent.uplink.answers import BUSY, FORBIDDEN, OK, read_retry_after_s, refusal_in, signature_problem
from agent.uplink.delivery import Luck
from agent.uplink.identity import Identity
from agent.uplink.pacing import heeded_s
from agent.uplink.patience import Ending, Patience
from agent.uplink.port import Answer, HeldTransport, Unreachable
from wire.enrolment import ack_tag
from wire.errors import Malformed, SignatureFault
from wire.signatures import Message, sign
from wire.waiting import PATH, SEQUENCE_PREFIX, WAIT_TYPE, WaitAnswer, WaitQuestion, decode_answer, encode, wait_tag

LOOK_S: Final = 2.0  # for an identity, and for a place for documents
ABSENT: Final = 404
GATEWAY: Final = frozenset({408, 502, 504})  # of somebody on the way who gave up


@dataclass(frozen=True)
class _Heard:
    ending: Ending
    allowed_s: float | None = None
    retry_after_s: float = 0.0
    collector_time: datetime | None = None


class Waiting:
    """One turn is at most one wait. `on_due` is called when something is due; it must not block."""

    def __init__(
        self,
        settings: Settings,
        *,
        connect: Callable[[Settings], HeldTransport],
        identity: Callable[[], Identity | None],
        has_place: Callable[[Settings], bool],
        luck: Luck,
        on_due: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._connect = connect
        self._identity = identity
        self._has_place = has_place
        self._luck = luck
        self._on_due = on_due
        self._patience = Patience()
        self._offset = timedelta()
        self._transport: HeldTransport | None = None
        self._waited_as: Identity | None = None
        self._is_stale = False
        self._is_corrected = False

    def change_settings(self, settings: Settings) -> None:
        """Take new settings; another way ends the wait under way."""
        way, self._settings = _way(self._settings), settings
        if way != _way(settings):
            self._is_stale = True
            self.hang_up()

    def hang_up(self) -> None:
        """End the wait under way, from another thread."""
        transport = self._transport
        if transport is not None:
            transport.hang_up()

    def turn(self) -> float:
        """Wait, if it is time; seconds until the next turn."""
        identity = self._identity()
        if self._is_stale or identity is not self._waited_as:
            self._start_anew(identity)
        if not self._settings.wait or identity is None or not self._has_place(self._settings):
            return LOOK_S
        pause_s = self._patience.take(self._luck.monotonic())
        if pause_s > 0:
            return pause_s
        if self._transport is None:
            self._transport = self._connect(self._settings)
        begun = self._luck.monotonic()
        return self._learn(self._wait(identity, self._transport), self._luck.monotonic() - begun)

    def _learn(self, heard: _Heard, held_s: float) -> float:
        ending = heard.ending
        if heard.collector_time is not None:
            ending = Ending.FAILED if self._is_corrected else ending  # once more off: something else is wrong
            self._offset = heard.collector_time - self._luck.now()
        self._is_corrected = ending is Ending.CLOCK_OFF
        now = self._luck.monotonic()
        self._patience.learn(
            ending,
            now=now,
            held_s=held_s,
            chance=self._luck.chance(),
            allowed_s=heard.allowed_s,
            retry_after_s=heard.retry_after_s,
        )
        if ending is Ending.DUE:
            self._on_due()
        return max(0.0, self._patience.next_at - now)

    def _start_anew(self, identity: Identity | None) -> None:
        self._is_stale, self._waited_as = False, identity
        self._patience = Patience()
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def _wait(self, identity: Identity, transport: HeldTransport) -> _Heard:
        nonce = self._luck.nonce()
        sequence = SEQUENCE_PREFIX + nonce
        body = encode(WaitQuestion(for_s=self._patience.ask_s))
        headers = sign(
            Message(content_type=WAIT_TYPE, body=body, sequence=sequence, path=PATH),
            key=identity.key,
            key_id=identity.key_id,
            tag=wait_tag(identity.receipt_key_id),
            now=self._luck.now() + self._offset,
            nonce=nonce,
        )
        try:
            answer = transport.post(PATH, headers, body)
        except Unreachable as failure:
            return _Heard(Ending.CUT if failure.maybe_sent else Ending.FAILED)
        return self._judge(answer, sequence, identity)

    def _judge(self, answer: Answer, sequence: str, identity: Identity) -> _Heard:
        problem = signature_problem(answer, sequence, tag=ack_tag(identity.agent), key=identity.receipt_key)
        if answer.status != OK:
            return self._judge_refusal(answer, is_signed=problem is None)
        said = None if problem is not None else _said(answer)
        if said is None:
            return _Heard(Ending.FAILED)
        return _Heard(Ending.DUE if said.due else Ending.NOTHING, said.wait_s)

    def _judge_refusal(self, answer: Answer, *, is_signed: bool) -> _Heard:
        refusal = refusal_in(answer)
        if is_signed and refusal is not None and refusal.error == SignatureFault.CLOCK.value and refusal.time:
            return _Heard(Ending.CLOCK_OFF, collector_time=refusal.time)
        after_s = read_retry_after_s(answer.headers.get("retry-after", ""), self._luck.now())
        return _Heard(_ending_of(answer.status), retry_after_s=heeded_s(after_s, is_signed=is_signed))


def _ending_of(status: int) -> Ending:
    """What a refusal means, whoever has said it: it can make us wait, and nothing else."""
    if status in FORBIDDEN:
        return Ending.FORBIDDEN
    if status in GATEWAY:
        return Ending.CUT
    if status == ABSENT:
        return Ending.ABSENT
    return Ending.BUSY if status in BUSY else Ending.FAILED


def has_executor(settings: Settings) -> bool:
    """Whether there is a place for documents: nobody need wait for what nobody takes."""
    return Path(str(settings.executor.socket)).exists()


def _way(settings: Settings) -> tuple[object, ...]:
    """What of the settings says whether and where to wait."""
    return (settings.wait, settings.collector, settings.ca_file, settings.proxy)


def _said(answer: Answer) -> WaitAnswer | None:
    if answer.headers.get("content-type") != WAIT_TYPE:
        return None
    try:
        return decode_answer(answer.body)
    except Malformed:
        return None

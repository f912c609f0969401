"""The collector's side of a wait, in memory: answers with what it is told, on a clock that waiting moves."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from agent.uplink.port import NO_HEADERS, Answer, Unreachable
from tests.fakes.collector import Collector, ManualClock
from wire import envelope, frame, waiting
from wire.enrolment import ack_tag
from wire.envelope import Refusal
from wire.keys import generate_key
from wire.sentence import sentence
from wire.signatures import SEQUENCE_HEADER, Message, read_claim, sign, verify

Say = Callable[["WaitingRoom", float, str], Answer]


@dataclass
class WaitingRoom:
    """A transport. `says` are taken one for each question; the last one is said for ever."""

    collector: Collector
    clock: ManualClock
    says: deque[Say]
    asked: list[tuple[float, float]] = field(default_factory=list)  # when, and for how long
    hung_up: int = 0
    closed: int = 0

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        assert path == waiting.PATH
        claim = read_claim(headers)
        agent, key = self.collector.agents[claim.key_id]
        sequence = headers[SEQUENCE_HEADER]
        message = Message(headers["content-type"], body, sequence, path=path)
        digest, tag = headers["content-digest"], waiting.wait_tag(self.collector.key_id)
        verify(claim, message, digest_header=digest, key=key, tag=tag, now=None)
        self.created = claim.created
        self.agent = agent
        for_s = waiting.decode_question(body).for_s
        self.asked.append((self.clock.seconds, for_s))
        say = self.says.popleft() if len(self.says) > 1 else self.says[0]
        return say(self, for_s, sequence)

    def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS) -> Answer:
        raise NotImplementedError

    def hang_up(self) -> None:
        self.hung_up += 1

    def close(self) -> None:
        self.closed += 1

    def signed(self, status: int, kind: str, body: bytes, sequence: str, *, by_stranger: bool = False) -> Answer:
        message = Message(content_type=kind, body=body, sequence=sequence, status=status)
        key = generate_key() if by_stranger else self.collector.key
        tag, now = ack_tag(self.agent), self.collector.now()
        fields = sign(message, key=key, key_id=self.collector.key_id, tag=tag, now=now, nonce="n" * 22)
        return Answer(status, fields, body)


def answer(*, due: bool, after_s: float | None = None, wait_s: float = 50.0, by_stranger: bool = False) -> Say:
    """After so long (None: as long as was asked for)."""

    def say(room: WaitingRoom, for_s: float, sequence: str) -> Answer:
        room.clock.pass_time(for_s if after_s is None else after_s)
        body = waiting.encode(waiting.WaitAnswer(due=due, wait_s=wait_s))
        return room.signed(200, waiting.WAIT_TYPE, body, sequence, by_stranger=by_stranger)

    return say


def another_answer(room: WaitingRoom, for_s: float, sequence: str) -> Answer:
    """The answer to another question."""
    return answer(due=True, after_s=0)(room, for_s, "wait/" + "x" * 22)


def refusal(status: int, error: str = "x", *, retry_after: str = "", clock: bool = False) -> Say:
    """An unsigned refusal, as anybody on the way can say it; that of the clock is signed."""

    def say(room: WaitingRoom, for_s: float, sequence: str) -> Answer:
        body = envelope.encode(Refusal(error=error, time=room.collector.now() + timedelta(hours=1) if clock else None))
        if clock:
            return room.signed(status, frame.REFUSAL_TYPE, body, sequence)
        return Answer(status, {"content-type": frame.REFUSAL_TYPE, "retry-after": retry_after}, body)

    return say


def broken(*, after_s: float, sent: bool = True) -> Say:
    """A connection that breaks."""

    def say(room: WaitingRoom, for_s: float, sequence: str) -> Answer:
        room.clock.pass_time(after_s)
        raise Unreachable(sentence("broken"), maybe_sent=sent)

    return say


def created_at(room: WaitingRoom) -> datetime:
    """When the last question says it was signed."""
    return datetime.fromtimestamp(room.created, tz=room.clock.now().tzinfo)

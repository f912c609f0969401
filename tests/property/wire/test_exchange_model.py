"""An agent, a collector and a bad world between them: nothing is lost, nothing is doubled.

The agent reads items from a log that stays (its read position goes back with its disk), seals them
into batches, keeps what it sealed, and judges answers with the functions of the wire. The collector
takes each sequence once and each item once. Between them requests and answers are lost, old
requests arrive again, and both sides are set back to any earlier copy of their disks.
"""

from __future__ import annotations

import copy
import hashlib
from collections import Counter
from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.builders import NOW, a_batch, a_gap
from wire import envelope
from wire.envelope import Reply, Verdict, judge_mark
from wire.messages import Gap, decode_record


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@dataclass
class CollectorDisk:
    generation: str = "g1"
    taken: dict[tuple[str, int], str] = field(default_factory=dict)  # (epoch, sequence) -> digest
    items: Counter[str] = field(default_factory=Counter)

    def mark(self, epoch: str) -> int:
        mark = 0
        while (epoch, mark + 1) in self.taken:
            mark += 1
        return mark

    def exchange(self, body: bytes) -> bytes:
        batch = envelope.decode_batch(body)
        place = (batch.epoch, batch.sequence)
        duplicate = place in self.taken
        if not duplicate:
            self.taken[place] = _digest(body)
            for raw in batch.records:
                record = decode_record(raw)
                assert isinstance(record, Gap)
                if record.source not in self.items:  # the unique event id
                    self.items[record.source] += 1
        return envelope.encode(
            Reply(
                epoch=batch.epoch,
                mark=self.mark(batch.epoch),
                generation=self.generation,
                time=NOW,
                interval_s=1.0,
                duplicate=duplicate,
                digest=self.taken[place],
            )
        )


@dataclass
class AgentDisk:
    epoch: str
    position: int = 0
    acked: int = 0
    waiting: list[str] = field(default_factory=list)
    sealed: list[tuple[str, ...]] = field(default_factory=list)  # index + 1 is the sequence; kept after the ack

    def body(self, sequence: int) -> bytes:
        records = [a_gap(source=item) for item in self.sealed[sequence - 1]]
        return envelope.encode(a_batch(*records, epoch=self.epoch, sequence=sequence))


class World(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.log: list[str] = []
        self.epochs = 1
        self.agent = AgentDisk(epoch=f"{1:016x}")
        self.collector = CollectorDisk()
        self.agent_copies: list[AgentDisk] = []
        self.collector_copies: list[CollectorDisk] = []
        self.sent: list[bytes] = []

    @rule(count=st.integers(1, 3))
    def log_and_read(self, count: int) -> None:
        self.log += [f"item-{len(self.log) + n}" for n in range(count)]
        self._read()

    def _read(self) -> None:
        self.agent.waiting += self.log[self.agent.position :]
        self.agent.position = len(self.log)

    @rule()
    def seal_and_crash(self) -> None:
        """Sealed, and the process died before it sent anything."""
        self._next()

    @rule(request_arrives=st.booleans(), answer_arrives=st.booleans())
    def turn(self, request_arrives: bool, answer_arrives: bool) -> None:
        sequence = self._next()
        if sequence is None:
            return
        body = self.agent.body(sequence)
        self.sent.append(body)
        if not request_arrives:
            return
        answer = self.collector.exchange(body)
        if answer_arrives:
            self._follow(sequence, body, envelope.decode_reply(answer))

    def _next(self) -> int | None:
        if self.agent.acked == len(self.agent.sealed):
            if not self.agent.waiting:
                return None
            self.agent.sealed.append(tuple(self.agent.waiting))
            self.agent.waiting = []
        return self.agent.acked + 1

    def _follow(self, sequence: int, body: bytes, reply: Reply) -> None:
        agent = self.agent
        verdict = judge_mark(reply.mark, sequence=sequence, acked=agent.acked, sealed=len(agent.sealed))
        if envelope.is_another_life(reply, digest=_digest(body), is_doubtful=True) or verdict is Verdict.NEW_EPOCH:
            self.epochs += 1
            agent.epoch, agent.acked = f"{self.epochs:016x}", 0
        else:
            agent.acked = reply.mark  # acked, or resync: go on from there

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def an_old_request_arrives(self, data: st.DataObject) -> None:
        self.collector.exchange(data.draw(st.sampled_from(self.sent)))

    @rule()
    def copy_disks(self) -> None:
        self.agent_copies.append(copy.deepcopy(self.agent))
        self.collector_copies.append(copy.deepcopy(self.collector))

    # A request lives five minutes (its signature's span); setting a disk back takes longer. Without that, a third
    # fault would be possible: a request of the agent's other life takes a number in a collector that forgot it.

    @precondition(lambda self: self.agent_copies)
    @rule(data=st.data())
    def the_agents_disk_goes_back(self, data: st.DataObject) -> None:
        self.agent = copy.deepcopy(data.draw(st.sampled_from(self.agent_copies)))
        self._read()
        self.sent.clear()

    @precondition(lambda self: self.collector_copies)
    @rule(data=st.data())
    def the_collectors_disk_goes_back(self, data: st.DataObject) -> None:
        self.collector = copy.deepcopy(data.draw(st.sampled_from(self.collector_copies)))
        self.sent.clear()

    @invariant()
    def nothing_is_doubled(self) -> None:
        assert all(count == 1 for count in self.collector.items.values())

    def teardown(self) -> None:
        """Good weather at last: new log lines, undisturbed turns, and everything arrives."""
        for _ in range(2):  # the second line shows a lower mark to an agent that had nothing to send
            self.log_and_read(1)
            for _ in range(3 * len(self.agent.sealed) + 6):
                self.turn(request_arrives=True, answer_arrives=True)
        assert self.agent.acked == len(self.agent.sealed)
        assert not self.agent.waiting
        assert set(self.collector.items) == set(self.log)
        self.nothing_is_doubled()


TestWorld = World.TestCase

"""The sender against a collector in memory, which is honest or a thief as the test says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from agent.bundles.sending import NOT_ENROLLED_S, RETRY_S, BundleSender
from agent.bundles.state import BundleState, IllegalStep, Step
from agent.bundles.store import BundleStore, Record
from agent.uplink.port import NO_HEADERS, Answer, Unreachable
from tests.fakes.agent_parts import an_identity
from tests.fakes.collector import Collector, ManualClock
from wire.bundle import PIECE_BYTES, PieceReply, bundle_tag, read_place
from wire.enrolment import ack_tag
from wire.envelope import Refusal, encode
from wire.frame import REFUSAL_TYPE
from wire.keys import Ed25519PrivateKey, generate_key
from wire.sentence import sentence
from wire.signatures import Message, read_claim, sign, verify

DIGEST = "ab" * 32
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
CLOCK = ManualClock()
COLLECTOR = Collector(CLOCK.now)
IDENTITY = an_identity(COLLECTOR)
CONTENT = bytes(range(256)) * 8_000


@dataclass
class PieceCollector:
    """Keeps the pieces; `reply` says what it answers to a piece at that place."""

    reply: Callable[[int, bytes], tuple[int, bytes]] | None = None
    key: Ed25519PrivateKey = field(default_factory=lambda: COLLECTOR.key)
    got: bytearray = field(default_factory=bytearray)
    seen: list[str] = field(default_factory=list)
    is_there: bool = True

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if not self.is_there:
            raise Unreachable(sentence("nobody"), maybe_sent=False)
        sequence = headers["x-agent-seq"]
        message = Message(headers["content-type"], body, sequence, path=path)
        tag, digest = bundle_tag(IDENTITY.receipt_key_id), headers["content-digest"]
        verify(read_claim(headers), message, digest_header=digest, key=IDENTITY.key.public_key(), tag=tag, now=None)
        self.seen.append(sequence)
        place = read_place(sequence)
        status, kind, raw = 200, "application/json", b""
        if self.reply is not None:
            status, raw = self.reply(place.offset, body)
            kind = kind if status == 200 else REFUSAL_TYPE
        else:
            if place.offset == len(self.got):
                self.got += body
            is_whole = len(self.got) == place.size
            raw = msgspec.json.encode(PieceReply(position=len(self.got), is_stored=is_whole))
        message = Message(kind, raw, sequence, status=status)
        tag = ack_tag(IDENTITY.agent)
        fields = sign(message, key=self.key, key_id=IDENTITY.receipt_key_id, tag=tag, now=NOW, nonce="n" * 22)
        return Answer(status, {**fields, "content-type": kind}, raw)

    def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS) -> Answer:
        raise AssertionError(path)

    def close(self) -> None:
        return


class World:
    def __init__(self, state: Path) -> None:
        self.collector = PieceCollector()
        self.store = BundleStore(state)
        self.store.add(DIGEST, "T-1")
        self.store.content(DIGEST).write_bytes(CONTENT)
        self.store.step(DIGEST, Step.REDACT, sha256=hashlib.sha256(CONTENT).hexdigest(), size=len(CONTENT))
        self.sender = BundleSender(lambda: self.collector, lambda: IDENTITY, lambda: NOW, lambda: "n" * 22)

    @property
    def record(self) -> Record:
        return self.store.record(DIGEST)

    def send(self) -> float:
        return self.sender.send(self.store, self.record)

    def release(self) -> None:
        self.store.step(DIGEST, Step.RELEASE)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_it_is_sent_piece_by_piece_and_forgotten(world: World) -> None:
    world.release()
    for _ in range(3):
        assert world.send() == 0.0
    assert world.record.state is BundleState.SENT
    assert bytes(world.collector.got) == CONTENT
    assert [int(each.rpartition("/")[2]) for each in world.collector.seen] == [0, PIECE_BYTES, 2 * PIECE_BYTES]
    assert not world.store.content(DIGEST).exists()


def test_what_was_not_released_is_not_sent(world: World) -> None:
    world.send()
    assert world.collector.seen == []
    with pytest.raises(IllegalStep):
        world.store.step(DIGEST, Step.SEND)


def test_after_a_crash_it_goes_on_where_the_collector_is(world: World) -> None:
    world.release()
    world.send()
    position = world.record.position
    world.send()
    world.store.step(DIGEST, Step.SEND, position=position)  # as if the answer had been lost
    while world.record.state is BundleState.SENDING:
        world.send()
    assert bytes(world.collector.got) == CONTENT


def test_another_file_in_its_place_is_not_sent(world: World) -> None:
    world.release()
    world.store.content(DIGEST).write_bytes(b"root:x:0:0")
    world.send()
    assert (world.record.state, world.collector.seen) == (BundleState.FAILED, [])


def test_a_collector_that_is_away_is_waited_for(world: World) -> None:
    world.release()
    world.collector.is_there = False
    assert world.send() == RETRY_S
    assert (world.record.state, world.record.problem) == (BundleState.SENDING, "nobody")


def test_nobody_but_the_pinned_key_can_say_that_it_arrived(world: World) -> None:
    world.release()
    world.collector.key = generate_key()
    world.collector.reply = lambda offset, body: (200, b'{"position":2048000,"is_stored":true}')
    assert world.send() == RETRY_S
    assert (world.record.state, world.record.position) == (BundleState.SENDING, 0)
    world.collector.key = COLLECTOR.key
    world.send()
    assert world.record.state is BundleState.SENT  # the control: the same words, rightly signed


@pytest.mark.parametrize(
    ("status", "after"),
    [(404, BundleState.FAILED), (422, BundleState.FAILED), (503, BundleState.SENDING), (403, BundleState.SENDING)],
)
def test_a_signed_refusal_ends_it_or_is_waited_out(world: World, status: int, after: BundleState) -> None:
    world.release()
    refusal = encode(Refusal(error="no", detail="because", time=NOW))
    world.collector.reply = lambda offset, body: (status, refusal)
    assert world.send() == RETRY_S
    assert (world.record.state, world.record.problem) == (after, "no: because")


@pytest.mark.parametrize("reply", [b"", b"{}", b'{"position":-5}', b'{"path":"/etc/shadow","position":0}'])
def test_no_word_of_a_thief_leads_to_other_bytes(world: World, reply: bytes) -> None:
    world.release()
    world.collector.reply = lambda offset, body: (200, reply)
    for _ in range(3):
        world.send()
    assert {each.split("/")[2] for each in world.collector.seen} == {world.record.sha256}


def test_a_position_beyond_the_end_reads_nothing_else(world: World) -> None:
    world.release()
    world.collector.reply = lambda offset, body: (200, b'{"position":99999999}')
    world.send()
    world.send()
    assert [int(each.rpartition("/")[2]) for each in world.collector.seen] == [0, len(CONTENT) - 1]


def test_without_an_identity_it_waits(world: World) -> None:
    world.release()
    sender = BundleSender(lambda: world.collector, lambda: None, lambda: NOW, lambda: "n")
    assert sender.send(world.store, world.record) == NOT_ENROLLED_S

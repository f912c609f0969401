from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from agent.uplink.enrol import EnrolRefused, HostFacts, enrol, read_token
from agent.uplink.identity import IdentityFile, read_identity
from agent.uplink.port import Answer, Unreachable
from tests.fakes.collector import Collector, FakeTransport, ManualClock
from wire.enrolment import Token
from wire.sentence import sentence


class Side:
    def __init__(self, state: Path) -> None:
        self.state = state
        self.clock = ManualClock()
        self.collector = Collector(self.clock.now)
        self.transport = FakeTransport(self.collector)

    def enrol(self, token: Token, *, force: bool = False) -> IdentityFile:
        return enrol(
            token,
            state=self.state,
            collector="http://127.0.0.1:1",
            transport=self.transport,
            facts=HostFacts("host", "os"),
            now=self.clock.now,
            nonce=lambda: "n" * 22,
            force=force,
        )


@pytest.fixture
def side(tmp_path: Path) -> Side:
    return Side(tmp_path)


def test_a_token_becomes_an_identity(side: Side) -> None:
    side.enrol(side.collector.token())
    identity = read_identity(side.state)
    assert identity is not None
    assert identity.site == "seoul"
    assert identity.receipt_key_id == side.collector.key_id
    assert identity.key_id in side.collector.agents


def test_an_enrolled_host_is_not_enrolled_again_by_accident(side: Side) -> None:
    side.enrol(side.collector.token(1))
    with pytest.raises(EnrolRefused, match="--force"):
        side.enrol(side.collector.token(2))
    assert side.enrol(side.collector.token(3), force=True).agent == "agent-0003"


def test_a_token_that_was_used_is_told(side: Side) -> None:
    token = side.collector.token()
    side.enrol(token)
    with pytest.raises(EnrolRefused, match="used before"):
        side.enrol(token, force=True)


def test_another_collector_is_not_believed(side: Side) -> None:
    """Its key is not the one that the token carries, whatever it signs."""
    token = side.collector.token()
    impostor = Collector(side.clock.now)
    impostor.tokens[token.id] = token.secret
    impostor.key_id = side.collector.key_id  # so that it accepts the tag
    side.transport.collector = impostor
    with pytest.raises(EnrolRefused, match="not from the collector"):
        side.enrol(token)
    assert read_identity(side.state) is None


@pytest.mark.parametrize("status", [200, 302, 404, 500])
def test_a_captive_portal_is_not_a_collector(side: Side, status: int) -> None:
    side.transport.post = lambda *_: Answer(status, {"content-type": "text/html"}, b"<html>")  # type: ignore[method-assign]
    with pytest.raises(EnrolRefused, match="not a Sitewarden collector"):
        side.enrol(side.collector.token())


def test_an_unsigned_yes_is_no_yes(side: Side) -> None:
    honest = side.transport.post

    def without_signature(path: str, headers: object, body: bytes) -> Answer:
        answer = honest(path, headers, body)  # type: ignore[arg-type]
        return Answer(answer.status, {"content-type": answer.headers["content-type"]}, answer.body)

    side.transport.post = without_signature  # type: ignore[method-assign]
    with pytest.raises(EnrolRefused):
        side.enrol(side.collector.token())
    assert read_identity(side.state) is None


def test_a_clock_that_is_off_does_not_hinder_enrolment(side: Side) -> None:
    side.collector.now = lambda: side.clock.now() + timedelta(days=1)
    assert side.enrol(side.collector.token()).agent == "agent-0001"


@pytest.mark.parametrize("text", ["", "sw1.x", "hello", "sw1." + "a" * 16])
def test_what_is_no_token_is_told(text: str) -> None:
    with pytest.raises(EnrolRefused, match="not an enrolment token"):
        read_token(text)


def test_an_enrolment_that_was_cut_off_can_be_done_again_with_another_token(side: Side) -> None:
    """The collector has taken the key, and we did not hear it: the next token goes with a new key."""
    honest = side.transport.post

    def unheard(path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        honest(path, headers, body)
        raise Unreachable(sentence("gone"), maybe_sent=True)

    side.transport.post = unheard  # type: ignore[method-assign]
    with pytest.raises(Unreachable):
        side.enrol(side.collector.token(1))
    side.transport.post = honest  # type: ignore[method-assign]
    with pytest.raises(EnrolRefused, match="run the command again"):
        side.enrol(side.collector.token(2))
    assert side.enrol(side.collector.token(2)).agent == "agent-0002"


def test_a_token_that_the_collector_does_not_know(side: Side) -> None:
    token = side.collector.token()
    side.collector.tokens.clear()
    with pytest.raises(EnrolRefused, match="ask for a new one"):
        side.enrol(token)

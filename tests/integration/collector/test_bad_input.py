"""The bad-input catalogue of the collector at the exchange: each its own refusal, and never a 5xx."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import an_event
from tests.fakes.exchange_desk import Desk, play
from tests.fakes.signing_agent import Sent, SigningAgent
from wire import enrolment, envelope, frame

Make = Callable[[SigningAgent], Sent]


def _changed(**changed: Any) -> Make:
    """A good batch whose JSON object has these members instead."""

    def make(agent: SigningAgent) -> Sent:
        batch = agent.batch(an_event())
        plain = {**json.loads(envelope.encode(batch)), **changed}
        return agent.plain(json.dumps(plain).encode(), f"{batch.epoch}/{batch.sequence}")

    return make


def _text(change: Callable[[bytes], bytes]) -> Make:
    """A good batch whose bytes are changed before they are signed."""

    def make(agent: SigningAgent) -> Sent:
        batch = agent.batch(an_event())
        return agent.plain(change(envelope.encode(batch)), f"{batch.epoch}/{batch.sequence}")

    return make


def _head(**fields: str) -> Make:
    """A good batch with other header fields."""

    def make(agent: SigningAgent) -> Sent:
        sent = agent.exchange(agent.batch(an_event()))
        changed = {name.replace("_", "-"): value for name, value in fields.items()}
        return Sent(sent.path, {**sent.headers, **changed}, sent.body)

    return make


def _without(name: str) -> Make:
    def make(agent: SigningAgent) -> Sent:
        sent = agent.exchange(agent.batch(an_event()))
        return Sent(sent.path, {key: value for key, value in sent.headers.items() if key != name}, sent.body)

    return make


def _body(body: bytes) -> Make:
    return lambda agent: agent.body(body, "00000000000000aa/1")


def _flipped(agent: SigningAgent) -> Sent:
    sent = agent.exchange(agent.batch(an_event()))
    return Sent(sent.path, sent.headers, sent.body[:-1] + bytes([sent.body[-1] ^ 1]))


def _resigned_by_a_stranger(agent: SigningAgent) -> Sent:
    stranger = SigningAgent(agent.receipt_key_id, now=agent.now, id=agent.id)
    return stranger.exchange(stranger.batch(an_event()))


def _claimed_by_a_stranger(agent: SigningAgent) -> Sent:
    """Signed with a stranger's key under the agent's key id."""
    sent = _resigned_by_a_stranger(agent)
    return Sent(sent.path, {**sent.headers, "signature-input": _good_input(agent)}, sent.body)


def _good_input(agent: SigningAgent) -> str:
    return agent.exchange(agent.batch(an_event())).headers["signature-input"]


def _other_audience(agent: SigningAgent) -> Sent:
    batch = agent.batch(an_event())
    other = enrolment.exchange_tag("x" * 43)
    return agent.body(frame.pack(envelope.encode(batch)), f"{batch.epoch}/{batch.sequence}", tag=other)


def _other_sequence(agent: SigningAgent) -> Sent:
    return agent.plain(envelope.encode(agent.batch(an_event())), "00000000000000aa/999")


def _deep(agent: SigningAgent) -> Sent:
    return _text(lambda plain: plain[:-1] + b',"novel":' + b"[" * 30_000 + b"]" * 30_000 + b"}")(agent)


def _bomb(agent: SigningAgent) -> Sent:
    return agent.body(zstandard.ZstdCompressor().compress(b"0" * 200_000_000), "00000000000000aa/1")


def _doubled(plain: bytes) -> bytes:
    return plain[:-1] + b',"sequence":7}'


TABLE: dict[str, tuple[Make, int, str]] = {
    "NaN": (_text(lambda plain: plain[:-1] + b',"novel":NaN}'), 400, "malformed"),
    "Infinity": (_text(lambda plain: plain[:-1] + b',"novel":-Infinity}'), 400, "malformed"),
    "1e999": (_text(lambda plain: plain[:-1] + b',"novel":1e999}'), 400, "malformed"),
    "a lone surrogate": (_text(lambda plain: plain.replace(b"billing", b"\\ud800")), 400, "malformed"),
    "a key twice": (_text(_doubled), 400, "malformed"),
    "broken UTF-8": (_text(lambda plain: plain.replace(b"billing", b"bill\xffng")), 400, "malformed"),
    "trailing bytes": (_text(lambda plain: plain + b"{}"), 400, "malformed"),
    "deep nesting": (_deep, 400, "malformed"),
    "a number of 5,000 digits": (
        _text(lambda plain: plain[:-1] + b',"novel":' + b"9" * 5_000 + b"}"),
        400,
        "malformed",
    ),
    "a session beyond 64 bits": (_changed(session=2**70), 400, "malformed"),
    "text for a number": (_changed(session="1"), 400, "malformed"),
    "true for a number": (_changed(session=True), 400, "malformed"),
    "a time without a zone": (_changed(sealed_at="2026-11-24T01:00:00"), 400, "malformed"),
    "a negative sequence": (_changed(sequence=-1), 400, "malformed"),
    "an epoch that is a path": (_changed(epoch="../../etc/passwd"), 400, "malformed"),
    "too many records": (_changed(records=[{}] * 2_001), 400, "malformed"),
    "no batch": (_text(lambda _: b"[]"), 400, "malformed"),
    "no JSON": (_text(lambda _: b"\x00\x01"), 400, "malformed"),
    "no frame": (_body(b"plain"), 400, "malformed"),
    "half a frame": (_body(frame.pack(b"0" * 1_000)[:-3]), 400, "malformed"),
    "two frames": (_body(frame.pack(b"{}") * 2), 400, "malformed"),
    "empty": (_body(b""), 400, "malformed"),
    "a zstd bomb": (_bomb, 413, "too_large"),
    "a large body": (_body(bytes(1_000_001)), 413, "body_too_large"),
    "another agent's name": (_changed(agent="a-stranger"), 403, "agent_mismatch"),
    "another sequence in the header": (_other_sequence, 400, "sequence_mismatch"),
    "another content type": (_head(content_type="application/json"), 415, "content_type"),
    "a parameter in the content type": (
        _head(content_type=f"{frame.CONTENT_TYPE}; charset=utf-8"),
        415,
        "content_type",
    ),
    "no content type": (_without("content-type"), 415, "content_type"),
    "a content encoding": (_head(content_encoding="gzip"), 415, "content_encoding"),
    "a large header": (_head(x_novel="x" * 128_000), 431, "header_too_large"),
    "many headers": (_head(**{f"x_{at}": "y" for at in range(500)}), 431, "header_too_large"),
    "no signature": (_without("signature"), 401, "signature_absent"),
    "another profile": (_head(signature_input="sig1=()"), 401, "signature_form"),
    "no digest": (_without("content-digest"), 401, "digest_wrong"),
    "a changed body": (_flipped, 401, "digest_wrong"),
    "an unknown key": (_resigned_by_a_stranger, 401, "key_unknown"),
    "a stolen key id": (_claimed_by_a_stranger, 401, "signature_wrong"),
    "another collector": (_other_audience, 401, "audience_wrong"),
    "no sequence": (_without("x-agent-seq"), 401, "signature_wrong"),
}


def test_each_is_refused_and_stores_nothing(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        for name, (make, status, error) in TABLE.items():
            response = await desk.send(make(agent))
            refusal = envelope.decode_refusal(response.content)
            assert (response.status_code, refusal.error) == (status, error), name
            signed = status in {400, 403, 413} and error != "body_too_large"
            assert ("signature" in response.headers) == signed, f"{name}: signed exactly when the signature held"
        assert desk.one("SELECT count(*) FROM batch") == 0
        assert desk.one("SELECT count(*) FROM event") == 0
        await desk.deliver(agent, agent.batch(an_event(), sequence=1))

    play(tmp_path, story)


def test_unknown_fields_are_tolerated(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        response = await desk.send(_changed(novel={"deep": [1, 2]})(agent))
        assert response.status_code == 200

    play(tmp_path, story)


@pytest.mark.parametrize("minutes", [-1_440, 6])
def test_a_clock_that_is_off_is_told_with_our_signed_time(minutes: int, tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        batch = agent.batch(an_event())
        here = desk.clock.at
        desk.clock.move(minutes=minutes)
        sent = agent.exchange(batch)
        desk.clock.at = here
        response = await desk.send(sent)
        refusal = envelope.decode_refusal(response.content)
        assert (response.status_code, refusal.error, refusal.time) == (401, "clock_skew", here)
        desk.check_signature(response, enrolment.ack_tag(agent.id), f"{batch.epoch}/{batch.sequence}")

    play(tmp_path, story)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(
    cases=st.lists(
        st.one_of(
            st.tuples(st.just("bytes"), st.binary(max_size=300)),
            st.tuples(st.just("member"), st.sampled_from(["agent", "epoch", "sequence", "records", "spool"]), JSON),
            st.tuples(st.just("record"), st.sampled_from(["event", "health", "gap", "inventory", "x"]), JSON),
            st.tuples(
                st.just("field"),
                st.sampled_from(["signature", "signature-input", "content-digest", "x-agent-seq", "content-type"]),
                st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=80),
            ),
            st.tuples(st.just("enrol"), st.binary(max_size=200)),
        ),
        min_size=1,
        max_size=12,
    )
)
@settings(max_examples=15)
def test_no_input_gives_5xx(cases: list[tuple[Any, ...]], tmp_path_factory: pytest.TempPathFactory) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        for case in cases:
            response = await desk.send(_made(agent, case))
            assert response.status_code < 500, (case, response.text)
        await desk.deliver(agent, agent.batch(an_event(), epoch="00000000000000bb", sequence=1))

    play(tmp_path_factory.mktemp("desk"), story)


def _made(agent: SigningAgent, case: tuple[Any, ...]) -> Sent:
    kind, *rest = case
    if kind == "bytes":
        return agent.plain(rest[0], "00000000000000aa/1")
    if kind == "member":
        return _changed(**{rest[0]: rest[1]})(agent)
    if kind == "record":
        record = {"kind": rest[0], **(rest[1] if isinstance(rest[1], dict) else {"value": rest[1]})}
        return _changed(records=[record, rest[1]])(agent)
    if kind == "field":
        return _head(**{rest[0].replace("-", "_"): rest[1]})(agent)
    tag = enrolment.enrol_tag(agent.receipt_key_id)
    return agent.signed("/v1/enrol", rest[0], enrolment.ENROL_TYPE, enrolment.ENROL_SEQUENCE, tag)

"""Whatever bytes arrive, a reader gives a value or one of its own errors; nothing else ever leaves it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wire import envelope, frame, keys
from wire.catalogue import read_catalogue
from wire.catalogue.dialect import find_problem, find_risk
from wire.enrolment import decode_enrol_reply, decode_enrol_request, parse_token
from wire.errors import Malformed, SignatureRefused, TextRefused, TooLarge
from wire.fingerprint import ticket_fingerprint
from wire.messages import decode_record
from wire.signatures import read_claim
from wire.yaml_text import read_marked

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
YAML_WORDS = """
a : - { } [ ] , ' " | > &x *x ! !!str << ?
%YAML %TAG --- ... \\x \\U0011FFFF \\ud83d # ~ = 0x 1e9 2026-01-01 @ `"""
YAML_PIECES = st.lists(
    st.sampled_from([*YAML_WORDS.split(), " ", "  ", "\n", "\t", "\r", "\x00", "\ufeff", "\x85", "\u2028", "한"]),
    max_size=40,
).map("".join)


@given(st.binary(max_size=300))
def test_frames(body: bytes) -> None:
    with suppress(Malformed, TooLarge):
        frame.unpack(body)


@given(st.binary(max_size=100), st.data())
def test_frames_that_were_once_good(plain: bytes, data: st.DataObject) -> None:
    body = bytearray(frame.pack(plain))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Malformed, TooLarge):
        frame.unpack(bytes(body))


@given(st.binary(min_size=1, max_size=5_000), st.integers(1, 19))
def test_frames_come_back(plain: bytes, level: int) -> None:
    assert frame.unpack(frame.pack(plain, level)) == plain


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_json(plain: bytes) -> None:
    decoders = (
        decode_record,
        envelope.decode_batch,
        envelope.decode_reply,
        envelope.decode_refusal,
        decode_enrol_request,
        decode_enrol_reply,
        frame.check_strict,
    )
    for decode in decoders:
        try:
            decode(plain)
        except Malformed:
            continue


@given(JSON)
def test_strict_json_is_what_two_readers_agree_on(value: Any) -> None:
    plain = json.dumps(value).encode()
    try:
        frame.check_strict(plain)
    except Malformed:
        return
    assert json.loads(plain) == value
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


@given(st.text(st.characters(exclude_categories=[])) | st.binary() | YAML_PIECES | JSON.map(json.dumps))
def test_yaml(text: str | bytes) -> None:
    for read in (read_marked, read_catalogue):
        try:
            read(text)
        except TextRefused as refused:
            said = [str(fault).encode() for fault in refused.faults]
        else:
            said = [b"nothing"]
        assert said


@given(st.text(max_size=60) | st.text(r"()[]{}*+?|\^$.-,:=!<>Pabi0123456789sux", max_size=30))
def test_patterns(regex: str) -> None:
    if find_problem(regex) is None:
        find_risk(regex)


@given(st.text(max_size=200), st.text(max_size=100))
def test_signature_fields(given_input: str, signature: str) -> None:
    with suppress(SignatureRefused):
        read_claim({"signature-input": given_input, "signature": signature})


@given(st.text() | st.from_regex(r"sw1\.[0-9a-f]{15,17}\.[0-9a-f]{31,33}\.[0-9a-f]{63,65}", fullmatch=True))
def test_tokens(text: str) -> None:
    with suppress(Malformed):
        assert str(parse_token(text)) == text.strip()


@given(st.binary(max_size=100))
def test_keys(raw: bytes) -> None:
    for load in (keys.load_private, keys.load_public):
        try:
            load(raw)
        except Malformed:
            continue


PARTS = st.text(st.sampled_from("ab\x1f\\s=|v1"), max_size=4)
FAULTS = st.tuples(PARTS, PARTS, PARTS, st.dictionaries(PARTS, PARTS, max_size=3))


@given(FAULTS, FAULTS)
def test_fingerprints_are_equal_only_for_equal_faults(
    one: tuple[str, str, str, dict[str, str]], two: tuple[str, str, str, dict[str, str]]
) -> None:
    assert (ticket_fingerprint(*one) == ticket_fingerprint(*two)) == (one == two)

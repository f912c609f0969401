"""The fixed profile against the general library, in both directions, and against every changed byte."""

from __future__ import annotations

import base64
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    PreparedSignature,
    algorithms,
)
from http_sf.compat import Item

from wire import enrolment, frame, keys, limits
from wire.errors import SignatureFault, SignatureRefused
from wire.signatures import (
    REQUEST_COMPONENTS,
    RESPONSE_COMPONENTS,
    Message,
    content_digest,
    read_claim,
    sign,
    verify,
)

KEY = keys.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY_ID = keys.key_id(keys.public_bytes(KEY))
OTHER_KEY = keys.Ed25519PrivateKey.from_private_bytes(bytes(32))
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
NONCE = "n0nce_-n0nce"
SEQUENCE = "00000000000000aa/7"
TAG = enrolment.exchange_tag("r" * 43)
ACK_TAG = enrolment.ack_tag("a1")
BODY = frame.pack(b'{"protocol":1}')

REQUEST = Message(frame.CONTENT_TYPE, BODY, SEQUENCE, path="/v1/exchange")
QUERY = replace(REQUEST, query="a=1&b=%20")
ENROL = Message(enrolment.ENROL_TYPE, b"{}", enrolment.ENROL_SEQUENCE, path="/v1/enrol")
EMPTY = replace(REQUEST, body=b"", method="GET")
REPLY = Message(frame.CONTENT_TYPE, BODY, SEQUENCE, status=200)
REFUSAL = Message(frame.REFUSAL_TYPE, b'{"error":"clock_skew"}', SEQUENCE, status=401)
MESSAGES = [REQUEST, QUERY, ENROL, EMPTY, REPLY, REFUSAL]


def _sign(message: Message, now: datetime = NOW, key: keys.Ed25519PrivateKey = KEY) -> dict[str, str]:
    return sign(message, key=key, key_id=KEY_ID, tag=_tag(message), now=now, nonce=NONCE)


def _verify(message: Message, headers: dict[str, str], now: datetime | None = NOW, tag: str | None = None) -> None:
    claim = read_claim(headers, response=bool(message.status))
    verify(
        claim,
        message,
        digest_header=headers.get("content-digest", ""),
        key=KEY.public_key(),
        tag=tag or _tag(message),
        now=now,
    )


def _tag(message: Message) -> str:
    return ACK_TAG if message.status else TAG


# ---------------------------------------------------------------- the library as oracle


@dataclass
class HttpRequest:
    method: str
    url: str
    headers: dict[str, str]


@dataclass
class HttpResponse:
    status_code: int
    headers: dict[str, str]
    request: None = None


class OneKey(HTTPSignatureKeyResolver):
    def resolve_public_key(self, key_id: str) -> keys.Ed25519PublicKey:
        assert key_id == KEY_ID
        return KEY.public_key()

    def resolve_private_key(self, key_id: str) -> keys.Ed25519PrivateKey:
        assert key_id == KEY_ID
        return KEY


def _http(message: Message, headers: dict[str, str]) -> HttpRequest | HttpResponse:
    if message.status:
        return HttpResponse(message.status, headers)
    query = f"?{message.query}" if message.query else ""
    return HttpRequest(message.method, f"https://collector.example{message.path}{query}", headers)


def _components(message: Message) -> tuple[str, ...]:
    return RESPONSE_COMPONENTS if message.status else REQUEST_COMPONENTS


@pytest.mark.parametrize("message", MESSAGES)
def test_the_library_accepts_what_we_sign(message: Message) -> None:
    headers = _sign(message, datetime.now(UTC))
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=OneKey())
    (result,) = verifier.verify(
        _http(message, headers),
        max_age=timedelta(seconds=limits.SIGNATURE_AGE_S),
        expect_tag=_tag(message),
        require_components=_components(message),
        body=message.body,
    )
    assert result.parameters["keyid"] == KEY_ID
    assert result.nonce == NONCE
    with pytest.raises(InvalidSignature):
        verifier.verify(_http(message, headers), expect_tag=_tag(message), body=message.body + b"x")


def _library_sign(message: Message, now: datetime) -> dict[str, str]:
    """Sign with the library: its signature base and its headers; our order of parameters."""
    headers = {
        "content-type": message.content_type,
        "content-digest": content_digest(message.body),
        "x-agent-seq": message.sequence,
    }
    http = _http(message, headers)
    created = int(now.timestamp())
    parameters = OrderedDict(
        created=created,
        expires=created + limits.SIGNATURE_AGE_S,
        nonce=NONCE,
        alg="ed25519",
        keyid=KEY_ID,
        tag=_tag(message),
    )
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=OneKey())
    base, node, _ = signer._build_signature_base(
        http, covered_component_ids=[Item(name) for name in _components(message)], signature_params=parameters
    )
    prepared = PreparedSignature(base.encode(), str(node), "sw", "ed25519")
    signer.apply(http, prepared, KEY.sign(base.encode()))
    return {name.lower(): value for name, value in headers.items()}


@pytest.mark.parametrize("message", MESSAGES)
def test_we_accept_what_the_library_signs(message: Message) -> None:
    headers = _library_sign(message, NOW)
    _verify(message, headers)
    assert headers == _sign(message)


# ---------------------------------------------------------------- nothing may be changed


@pytest.mark.parametrize("message", MESSAGES)
def test_an_untouched_message_holds(message: Message) -> None:
    _verify(message, _sign(message))


@pytest.mark.parametrize("message", MESSAGES)
def test_every_changed_byte_of_the_body_is_refused(message: Message) -> None:
    headers = _sign(message)
    for at in range(len(message.body)):
        body = bytearray(message.body)
        body[at] ^= 1
        with pytest.raises(SignatureRefused) as refused:
            _verify(replace(message, body=bytes(body)), headers)
        assert refused.value.reason is SignatureFault.DIGEST
    with pytest.raises(SignatureRefused) as refused:
        _verify(replace(message, body=message.body + b"\n"), headers)
    assert refused.value.reason is SignatureFault.DIGEST


@pytest.mark.parametrize("message", [REQUEST, REPLY])
@pytest.mark.parametrize("name", ["signature", "signature-input", "content-digest"])
def test_every_changed_character_of_the_signature_fields_is_refused(message: Message, name: str) -> None:
    headers = _sign(message)
    for at, char in enumerate(headers[name]):
        for other in {"A", "b", "9", "+", "=", " ", '"', chr(ord(char) ^ 1)} - {char}:
            changed = headers[name][:at] + other + headers[name][at + 1 :]
            with pytest.raises(SignatureRefused):
                _verify(message, {**headers, name: changed})


@pytest.mark.parametrize("message", [REQUEST, REPLY])
@pytest.mark.parametrize("name", ["signature", "signature-input"])
def test_every_cut_of_the_signature_fields_is_refused(message: Message, name: str) -> None:
    headers = _sign(message)
    for at in range(len(headers[name])):
        with pytest.raises(SignatureRefused):
            _verify(message, {**headers, name: headers[name][:at]})


CHANGES = [
    (REQUEST, {"method": "PUT"}),
    (REQUEST, {"path": "/v1/enrol"}),
    (REQUEST, {"path": "/v1/exchange/"}),
    (REQUEST, {"query": "a=1"}),
    (QUERY, {"query": "b=%20&a=1"}),
    (QUERY, {"query": "a=1&b= "}),
    (REQUEST, {"content_type": "application/json"}),
    (REQUEST, {"sequence": "00000000000000aa/8"}),
    (REQUEST, {"sequence": "00000000000000ab/7"}),
    (REPLY, {"status": 201}),
    (REPLY, {"content_type": frame.REFUSAL_TYPE}),
    (REPLY, {"sequence": "00000000000000aa/8"}),
]


@pytest.mark.parametrize(("message", "change"), CHANGES)
def test_every_changed_part_is_refused(message: Message, change: dict[str, Any]) -> None:
    with pytest.raises(SignatureRefused) as refused:
        _verify(replace(message, **change), _sign(message))
    assert refused.value.reason is SignatureFault.WRONG


@pytest.mark.parametrize(
    "change",
    [
        {"path": "/v1/exchange\n"},
        {"path": '/v1/exchange\n"@query": ?'},
        {"path": "/v1/é"},
        {"path": "/v1/한"},
        {"query": "a=\x00"},
        {"content_type": "text/plain\r"},
        {"sequence": "a\nb"},
    ],
)
def test_a_part_that_could_be_read_as_another_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SignatureRefused) as refused:
        _verify(replace(REQUEST, **change), _sign(REQUEST))
    assert refused.value.reason is SignatureFault.FORM
    with pytest.raises(SignatureRefused):
        _sign(replace(REQUEST, **change))


def test_a_response_is_no_request_and_back() -> None:
    with pytest.raises(SignatureRefused) as refused:
        read_claim(_sign(REQUEST), response=True)
    assert refused.value.reason is SignatureFault.FORM
    with pytest.raises(SignatureRefused):
        read_claim(_sign(REPLY))


def test_another_key_is_refused() -> None:
    with pytest.raises(SignatureRefused) as refused:
        _verify(REQUEST, _sign(REQUEST, key=OTHER_KEY))
    assert refused.value.reason is SignatureFault.WRONG


def test_another_audience_is_refused() -> None:
    with pytest.raises(SignatureRefused) as refused:
        _verify(REQUEST, _sign(REQUEST), tag=enrolment.exchange_tag("s" * 43))
    assert refused.value.reason is SignatureFault.AUDIENCE


@pytest.mark.parametrize("name", ["signature", "signature-input"])
def test_an_absent_signature(name: str) -> None:
    headers = _sign(REQUEST)
    for changed in ({**headers, name: ""}, {key: value for key, value in headers.items() if key != name}):
        with pytest.raises(SignatureRefused) as refused:
            read_claim(changed)
        assert refused.value.reason is SignatureFault.ABSENT


def _input(**changes: str) -> dict[str, str]:
    """Signed headers whose signature input is changed by replacing texts."""
    headers = _sign(REQUEST)
    text = headers["signature-input"]
    for old, new in changes.items():
        replaced = text.replace({"label": "sw=", "alg": "ed25519", "nonce": NONCE}.get(old, old), new)
        assert replaced != text
        text = replaced
    return {**headers, "signature-input": text}


@pytest.mark.parametrize(
    "headers",
    [
        _input(label="sig1="),
        _input(alg="rsa-pss-sha512"),
        _input(alg="ED25519"),
        _input(nonce="short"),
        _input(nonce="n" * 65),
        _input(**{' "x-agent-seq"': ""}),
        _input(**{'"@method" ': ""}),
        _input(**{'"@method" "@path"': '"@path" "@method"'}),
        _input(**{'"@method"': '"@method" "@method"'}),
        _input(**{";tag=": ";x=1;tag="}),
        _input(**{";created=": "; created="}),
        {**_sign(REQUEST), "signature-input": _sign(REQUEST)["signature-input"] + ", b=()"},
        {**_sign(REQUEST), "signature-input": _sign(REQUEST)["signature-input"] + "\n"},
        {**_sign(REQUEST), "signature": _sign(REQUEST)["signature"] + ", b=:AAAA:"},
        {**_sign(REQUEST), "signature": "sw=:AAAA:"},
        {**_sign(REQUEST), "signature": _sign(REQUEST)["signature"].replace("sw=", "sig1=")},
    ],
)
def test_signatures_outside_the_profile(headers: dict[str, str]) -> None:
    with pytest.raises(SignatureRefused) as refused:
        _verify(REQUEST, headers)
    assert refused.value.reason is SignatureFault.FORM


def test_a_signature_has_one_spelling() -> None:
    headers = _sign(REQUEST)
    spellings = 0
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for char in alphabet:
        try:
            _verify(REQUEST, {**headers, "signature": headers["signature"][:-4] + char + "==:"})
        except SignatureRefused:
            continue
        spellings += 1
    assert spellings == 1


# ---------------------------------------------------------------- time


@pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 300])
def test_within_five_minutes(seconds: int) -> None:
    _verify(REQUEST, _sign(REQUEST), NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-86_400, -301, 301, 86_400])
def test_outside_five_minutes(seconds: int) -> None:
    with pytest.raises(SignatureRefused) as refused:
        _verify(REQUEST, _sign(REQUEST), NOW + timedelta(seconds=seconds))
    assert refused.value.reason is SignatureFault.CLOCK


def test_without_a_clock_the_time_is_left_out() -> None:
    _verify(REPLY, _sign(REPLY, NOW - timedelta(days=365)), now=None)


def test_a_forger_learns_nothing_of_our_clock() -> None:
    with pytest.raises(SignatureRefused) as refused:
        _verify(REQUEST, _sign(REQUEST, key=OTHER_KEY), NOW + timedelta(days=1))
    assert refused.value.reason is SignatureFault.WRONG


def _signed_with(created: int, expires: int) -> dict[str, str]:
    """A rightly signed request with a span of its own."""
    headers = _sign(REQUEST)
    before = int(NOW.timestamp())
    parameters = headers["signature-input"].removeprefix("sw=")
    parameters = parameters.replace(f"created={before}", f"created={created}")
    parameters = parameters.replace(f"expires={before + 300}", f"expires={expires}")
    values = [REQUEST.method, REQUEST.path, "?", headers["content-digest"], REQUEST.content_type, REQUEST.sequence]
    lines = [f'"{name}": {value}' for name, value in zip(REQUEST_COMPONENTS, values, strict=True)]
    base = "\n".join([*lines, f'"@signature-params": {parameters}']).encode()
    signature = KEY.sign(base)
    encoded = base64.b64encode(signature).decode()
    return {**headers, "signature-input": f"sw={parameters}", "signature": f"sw=:{encoded}:"}


@pytest.mark.parametrize(
    ("created", "expires", "reason"),
    [
        (0, 300, None),
        (0, 1, None),
        (0, 301, SignatureFault.FORM),
        (0, -1, SignatureFault.FORM),
        (-10, -1, SignatureFault.CLOCK),  # it has expired, although it is young
        (-300, 0, None),
        (-301, -1, SignatureFault.CLOCK),
    ],
)
def test_what_a_signer_says_of_its_span(created: int, expires: int, reason: SignatureFault | None) -> None:
    now = int(NOW.timestamp())
    headers = _signed_with(now + created, now + expires)
    if reason is None:
        _verify(REQUEST, headers)
        return
    with pytest.raises(SignatureRefused) as refused:
        _verify(REQUEST, headers)
    assert refused.value.reason is reason

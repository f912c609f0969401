"""First trust: a token becomes an identity.

Steps: read the token; make the key (on disk before it is used, it never leaves); sign the request with
it; check that the answer is signed by the very key whose digest the token carries; write the
identity in one step. Nothing is believed of an answer that fails the check.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from agent.release import VERSION
from agent.uplink.answers import signature_problem
from agent.uplink.identity import IdentityFile, forget_pending, pending_key, read_identity, save_identity
from agent.uplink.port import Answer, Transport
from wire.enrolment import (
    ENROL_SEQUENCE,
    ENROL_TYPE,
    EnrolReply,
    EnrolRequest,
    Token,
    decode_enrol_reply,
    encode,
    enrol_ack_tag,
    enrol_tag,
    parse_token,
)
from wire.envelope import decode_refusal
from wire.errors import Malformed, SignatureFault
from wire.keys import Ed25519PrivateKey, key_digest, key_id, load_public, private_pem, public_bytes, public_text
from wire.sentence import Sentence, sentence
from wire.signatures import Message, sign

PATH = "/v1/enrol"
OK = 200


class EnrolRefused(Exception):
    """No identity was made; the sentence says why and what to do."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


@dataclass(frozen=True)
class HostFacts:
    """What the collector is told about this host."""

    hostname: str
    os: str


def read_token(text: str) -> Token:
    """The token in `text`; `EnrolRefused` otherwise."""
    try:
        return parse_token(text)
    except Malformed as error:
        raise EnrolRefused(
            sentence("this is not an enrolment token; copy the whole line that `sitewarden-collector site add` printed")
        ) from error


def enrol(
    token: Token,
    *,
    state: Path,
    collector: str,
    transport: Transport,
    facts: HostFacts,
    now: Callable[[], datetime],
    nonce: Callable[[], str],
    force: bool = False,
) -> IdentityFile:
    """Enrol this host and save its identity; `EnrolRefused` (or the transport's `Unreachable`) otherwise."""
    present = None if force else read_identity(state)
    if present is not None:
        raise EnrolRefused(
            sentence(
                "this host is already enrolled as {agent} at {site}; use --force to enrol it anew",
                agent=present.agent,
                site=present.site,
            )
        )
    key = pending_key(state)
    sent_at = now()
    answer = _ask(token, key, transport, facts, sent_at, nonce())
    if _clock_off(answer):
        sent_at = decode_refusal(answer.body).time or sent_at
        answer = _ask(token, key, transport, facts, sent_at, nonce())
    if _error_of(answer) == KEY_ENROLLED:  # the key that waits is of another token's enrolment: a new one next time
        forget_pending(state)
    reply = _read_reply(answer, token, key)
    content = IdentityFile(
        agent=reply.agent,
        site=reply.site,
        collector=collector,
        receipt_key=reply.receipt_key,
        interval_s=reply.interval_s,
        private_key=private_pem(key).decode(),
    )
    save_identity(state, content)
    return content


def _ask(
    token: Token, key: Ed25519PrivateKey, transport: Transport, facts: HostFacts, sent_at: datetime, nonce: str
) -> Answer:
    request = EnrolRequest(
        token_id=token.id,
        secret=token.secret,
        public_key=public_text(key),
        hostname=facts.hostname,
        os=facts.os,
        agent_version=VERSION,
        sent_at=sent_at,
    )
    body = encode(request)
    message = Message(content_type=ENROL_TYPE, body=body, sequence=ENROL_SEQUENCE, path=PATH)
    own_id = key_id(public_bytes(key))
    headers = sign(message, key=key, key_id=own_id, tag=enrol_tag(token.receipt_key_id), now=sent_at, nonce=nonce)
    return transport.post(PATH, headers, body)


def _read_reply(answer: Answer, token: Token, key: Ed25519PrivateKey) -> EnrolReply:
    if answer.status != OK:
        raise EnrolRefused(_refusal_words(answer))
    try:
        reply = decode_enrol_reply(answer.body)
        receipt_key = load_public(reply.receipt_key)
    except Malformed as error:
        raise EnrolRefused(_stranger(answer.status)) from error
    if key_digest(public_bytes(receipt_key)) != token.receipt_digest:
        raise EnrolRefused(
            sentence("the answer is not from the collector that made this token; check the address in the settings")
        )
    problem = signature_problem(answer, ENROL_SEQUENCE, tag=enrol_ack_tag(key_id(public_bytes(key))), key=receipt_key)
    if problem is not None:
        raise EnrolRefused(problem)
    return reply


KEY_ENROLLED: Final = "key_enrolled"
_WORDS = {
    "token_used": sentence(
        "this token was used before; the vendor has been told. If it was not you, say so to them; ask for a new token"
    ),
    "token_refused": sentence("the collector does not take this token: it is unknown, or too old; ask for a new one"),
    KEY_ENROLLED: sentence("an earlier enrolment was cut off after the collector had taken it; run the command again"),
    SignatureFault.CLOCK.value: sentence("the clock of this host is wrong; set it and try again"),
}


def _error_of(answer: Answer) -> str:
    try:
        return "" if answer.status == OK else decode_refusal(answer.body).error
    except Malformed:
        return ""


def _refusal_words(answer: Answer) -> Sentence:
    try:
        refusal = decode_refusal(answer.body)
    except Malformed:
        return _stranger(answer.status)
    known = _WORDS.get(refusal.error)
    return known or sentence(
        "the collector refused: {error} ({status}) {detail}",
        error=refusal.error,
        status=answer.status,
        detail=refusal.detail,
    )


def _stranger(status: int) -> Sentence:
    return sentence(
        "what answered ({status}) is not a Sitewarden collector; check the address in the settings and the proxy",
        status=status,
    )


def _clock_off(answer: Answer) -> bool:
    """Whether the collector says that our clock is off. Its key is not known yet, so this is only a hint.

    Following it once is harmless: it moves the time inside one request, and nothing is stored.
    """
    try:
        refusal = decode_refusal(answer.body)
    except Malformed:
        return False
    return answer.status != OK and refusal.error == SignatureFault.CLOCK.value and refusal.time is not None

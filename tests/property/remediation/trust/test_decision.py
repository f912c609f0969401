"""Whatever is changed in a permitted case, nothing runs but what was asked for, signed and approved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from remediation.trust.assertion import PasskeyApproval, SignedApproval, decode_approval, encode_approval
from remediation.trust.decision import Permit, Place, Refusal
from tests.fakes.customer import HOST, NOW, SITE, approve
from tests.fakes.scene import (
    ENGINEER,
    KIM,
    LEE,
    PASSKEY,
    Scene,
    a_vendor,
    an_engineer,
    payload_with,
    signed_raw,
    signed_request,
    the_policy,
)
from wire.documents.envelope import Envelope, Signature, add_signature, decode_envelope, encode_envelope
from wire.errors import Malformed
from wire.keys import generate_key, public_text

STRANGER = generate_key()
POLICY = the_policy(passkey_may_approve_actions=True)
REQUEST = signed_request()
OTHER = signed_request(id="2" * 32, parameters={"service": "worker"})
BY_KEY, BY_PASSKEY = approve(REQUEST, "Kim", KIM), approve(REQUEST, "Kim", PASSKEY)
SCENE = Scene(REQUEST, (BY_KEY,), policy=POLICY)


def _is_what_was_approved(answer: Permit | Refusal) -> bool:
    """Refused, or exactly the request that was asked for and approved."""
    return isinstance(answer, Refusal) or answer.digest == REQUEST.digest


@st.composite
def changed_bytes(draw: st.DrawFn, raw: bytes) -> bytes:
    """`raw` with a few bytes replaced, removed, added or moved."""
    changed = bytearray(raw)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(changed) - 1, 0)))
        kind = draw(st.integers(0, 3))
        if kind == 0 and changed:
            changed[at] = draw(st.integers(0, 255))
        elif kind == 1:
            del changed[at : at + draw(st.integers(1, 40))]
        elif kind == 2:
            changed[at:at] = draw(st.binary(min_size=1, max_size=10))
        else:
            cut = draw(st.integers(0, len(changed)))
            changed = changed[cut:] + changed[:cut]
    return bytes(changed)


def test_the_case_itself_is_permitted() -> None:
    for approval in (BY_KEY, BY_PASSKEY):
        assert isinstance(Scene(REQUEST, (approval,), policy=POLICY).judged(), Permit)


@given(changed_bytes(encode_envelope(REQUEST)))
def test_a_request_that_was_changed_on_its_way(raw: bytes) -> None:
    try:
        envelope = decode_envelope(raw)
    except Malformed:
        return
    assert _is_what_was_approved(SCENE.judged(envelope=envelope))


@given(st.sampled_from([BY_KEY, BY_PASSKEY]), st.data())
def test_an_approval_that_was_changed_on_its_way(approval: SignedApproval, data: st.DataObject) -> None:
    """It counts for the request that it names, or not at all; for another request never."""
    try:
        changed = decode_approval(data.draw(changed_bytes(encode_approval(approval))))
    except Malformed:
        return
    assert _is_what_was_approved(SCENE.judged(approvals=(changed,)))
    assert isinstance(SCENE.judged(envelope=OTHER, approvals=(changed,)), Refusal)


@given(st.sampled_from([BY_KEY, BY_PASSKEY]), changed_bytes(REQUEST.payload))
def test_a_request_that_the_engineer_signs_anew_needs_a_new_approval(approval: SignedApproval, payload: bytes) -> None:
    answer = SCENE.judged(envelope=signed_raw(payload, REQUEST.payload_type), approvals=(approval,))
    assert isinstance(answer, Refusal) or payload == REQUEST.payload


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.text(max_size=40),
    st.sampled_from(
        ["2026-11-24T02:00:00Z", "2026-11-24T04:00:00+00:00", "0" * 64, "1" * 32, SITE, HOST, "shop", "web"]
    ),
    st.lists(st.sampled_from([HOST, "host-2", "*", ""]), max_size=3),
    st.dictionaries(st.sampled_from(["service", "x"]), st.text(max_size=10), max_size=2),
)
NAMES = ["id", "site", "hosts", "not_before", "not_after", "product", "action", "actions_digest", "parameters", "x"]


@given(st.sampled_from([BY_KEY, BY_PASSKEY]), st.dictionaries(st.sampled_from(NAMES), VALUES, min_size=1, max_size=4))
def test_any_member_of_a_request_changed_by_a_bad_engineer(approval: SignedApproval, change: dict[str, Any]) -> None:
    envelope = signed_raw(payload_with(REQUEST, **change), REQUEST.payload_type)
    assert _is_what_was_approved(SCENE.judged(envelope=envelope, approvals=(approval,)))


def _vendors() -> st.SearchStrategy[Any]:
    good = "2027-01-01T00:00:00Z"
    ends = st.sampled_from([good, good, good, "2026-01-01T00:00:00Z", "9999-99-99T99:99:99Z"])
    classes = st.just(["action"]) | st.lists(st.sampled_from(["action", "read", "shell"]), min_size=1, max_size=3)
    keys = st.sampled_from([ENGINEER, ENGINEER, ENGINEER, KIM, STRANGER])
    engineers = st.builds(lambda key, end, may: an_engineer(key, not_after=end, classes=may), keys, ends, classes)
    vendor = st.builds(
        lambda them, expired, floor: a_vendor(*them, is_expired=expired, time_floor=floor),
        st.lists(engineers, max_size=3),
        st.sampled_from([False, False, False, True]),
        st.sampled_from([None, None, NOW, NOW + timedelta(days=1)]),
    )
    return st.one_of(vendor, vendor, st.just(a_vendor()), st.none())


SIGNERS = st.just([ENGINEER]) | st.lists(st.sampled_from([ENGINEER, KIM, LEE, STRANGER]), max_size=3)
APPROVALS = st.lists(
    st.one_of(
        st.sampled_from([BY_KEY, BY_PASSKEY]),
        st.builds(
            lambda request, name, by, change: approve(request, name, by, **change),
            st.sampled_from([REQUEST, OTHER]),
            st.sampled_from(["Kim", "Lee", "Park"]),
            st.sampled_from([KIM, LEE, STRANGER, ENGINEER, PASSKEY]),
            st.sampled_from(
                [{}, {"id": "b" * 32}, {"hosts": ["host-2"]}, {"site": "x"}, {"not_after": NOW}, {"uses": 3}]
            ),
        ),
    ),
    max_size=4,
)
PLACES = st.builds(
    Place,
    st.sampled_from([SITE, SITE, SITE, "other"]),
    st.sampled_from([HOST, HOST, HOST, "host-2"]),
    st.sampled_from([NOW, NOW, NOW, NOW + timedelta(hours=2), NOW - timedelta(days=400)]),
)


def _may_count(approval: SignedApproval, request: Envelope) -> str:
    """The person for whom this approval could count for `request`, worked out from who really made it; else ''."""
    envelope = approval.envelope if isinstance(approval, PasskeyApproval) else approval
    if request.digest.encode() not in envelope.payload or b"host-1" not in envelope.payload:
        return ""
    if isinstance(approval, PasskeyApproval):
        return "Kim" if b'"approver":"Kim"' in envelope.payload else ""
    names = {key.key: name for name, key in (("Kim", _made(KIM)), ("Lee", _made(LEE)))}
    return next((names[made.key] for made in envelope.signatures if made.key in names), "")


def _made(key: Any) -> Signature:
    return add_signature(Envelope("t", b"", []), key).signatures[0]


@given(st.sampled_from([REQUEST, OTHER]), SIGNERS, APPROVALS, _vendors(), PLACES, st.sampled_from([1, 2]))
def test_any_mixture_is_permitted_only_with_both_sides(
    request: Envelope, by: list[Any], approvals: list[SignedApproval], vendor: Any, place: Place, needed: int
) -> None:
    envelope = replace(request, signatures=[])
    for key in by:
        envelope = add_signature(envelope, key)
    policy = the_policy(needed={"low": needed}, passkey_may_approve_actions=True)
    scene = Scene(envelope, tuple(approvals), vendor=vendor, policy=policy, place=place)
    answer = scene.judged()
    if isinstance(answer, Refusal):
        return
    assert (place.site, place.host) == (SITE, HOST)
    assert vendor is not None
    assert not vendor.is_expired
    roster = {engineer.key for engineer in vendor.roster.engineers}
    assert roster & {public_text(key) for key in by}
    persons = {_may_count(approval, request) for approval in approvals} - {""}
    assert len(persons) >= needed
    event("permitted")
    assert set(answer.approvers) <= persons
    assert answer.digest == request.digest
    assert len({use.id for use in answer.used}) == len(answer.used)

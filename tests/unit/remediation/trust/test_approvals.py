"""One approval at a time: what makes it count, and each thing that makes it not count."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from remediation.trust.approvals import Lack, No, Question, Yes, count, read_strictly, weigh
from remediation.trust.assertion import PasskeyApproval, SignedApproval
from remediation.trust.policy import Means, Wish
from tests.fakes.authenticator import Authenticator
from tests.fakes.customer import HOST, NOW, SITE, a_policy, an_approval, an_approver, approve
from tests.fakes.scene import KIM, LEE, PASSKEY, payload_with, signed_raw, signed_request, the_policy
from wire.documents.envelope import Envelope, add_signature
from wire.documents.model import Approval, Decline, Kind, payload_type, write_document
from wire.errors import Malformed
from wire.keys import generate_key, public_bytes

REQUEST = signed_request()
QUESTION = Question(
    request_id="1" * 32,
    digest=REQUEST.digest,
    wish=Wish("shop", "restart-service", "low", {"service": "web"}),
    site=SITE,
    host=HOST,
    now=NOW,
    vendor_keys=frozenset(),
    revoked=frozenset(),
    uses={},
)
POLICY = the_policy(passkey_may_approve_actions=True)


def _why(signed: SignedApproval, policy: Any = POLICY, **change: Any) -> str:
    found = weigh(signed, policy, replace(QUESTION, **change))
    return found.why if isinstance(found, No) else ""


@pytest.mark.parametrize(("by", "means"), [(KIM, Means.KEY), (PASSKEY, Means.PASSKEY)])
def test_an_approval_by_either_means_counts(by: Any, means: Means) -> None:
    found = weigh(approve(REQUEST, "Kim", by), POLICY, QUESTION)
    assert isinstance(found, Yes)
    assert found.means is means


@pytest.mark.parametrize("by", [KIM, PASSKEY])
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"site": "other"}, "another site or host"),
        ({"hosts": ["host-2"]}, "another site or host"),
        ({"not_after": NOW}, "does not hold now"),
        ({"not_before": NOW + timedelta(seconds=1)}, "does not hold now"),
        ({"approves": "0" * 64}, "another document"),
        ({"approver": "Lee"}, "another person's key"),
        ({"approver": "Nobody"}, "another person's key"),
        ({"approver": "kim"}, "another person's key"),
    ],
)
def test_what_an_approval_says_has_to_fit(by: Any, change: dict[str, Any], why: str) -> None:
    assert why in _why(approve(REQUEST, **{"approver": "Kim", "by": by} | change))


def test_who_may_not_approve_this_does_not_count() -> None:
    for entry in (an_approver("Kim", KIM, risks=["high"]), an_approver("Kim", KIM, actions=["other/*"])):
        assert "may not approve" in _why(approve(REQUEST, "Kim", KIM), a_policy(entry))
    assert "may not approve" in _why(approve(REQUEST, "Kim", PASSKEY), the_policy())


def test_signatures_of_strangers_do_not_count() -> None:
    signed = approve(REQUEST, "Kim", KIM)
    assert isinstance(signed, Envelope)
    assert "no key or passkey" in _why(replace(signed, signatures=[]))
    assert "no key or passkey" in _why(approve(REQUEST, "Kim", generate_key()))
    assert "no key or passkey" in _why(approve(REQUEST, "Kim", Authenticator()))
    assert "no key or passkey" in _why(approve(REQUEST, "Kim", Authenticator(credential_id=b"unknown")))
    assert _why(add_signature(signed, generate_key())) == ""


def test_signatures_beside_an_assertion_count_for_nothing() -> None:
    signed = approve(REQUEST, "Kim", KIM)
    assert isinstance(signed, Envelope)
    by_stranger = PasskeyApproval(signed, Authenticator().approve(signed).assertion)
    assert "no key or passkey" in _why(by_stranger)


def test_swapped_under_the_prompt() -> None:
    """The page asked for the assertion over one document and hands in another."""
    shown = approve(REQUEST, "Kim", PASSKEY)
    assert isinstance(shown, PasskeyApproval)
    other = write_document(an_approval(signed_request(parameters={"service": "worker"}).digest, "Kim"))
    assert "no key or passkey" in _why(replace(shown, envelope=other), digest="f" * 64)
    assert _why(shown) == ""


def test_a_key_of_the_vendor_never_speaks_for_the_customer() -> None:
    passkey = Authenticator.eddsa(b"vendor")
    policy = a_policy(an_approver("Kim", KIM, passkey=passkey), passkey_may_approve_actions=True)
    for by in (KIM, passkey):
        raw = public_bytes(by.key if isinstance(by, Authenticator) else by)  # type: ignore[arg-type]
        assert _why(approve(REQUEST, "Kim", by), policy) == ""
        assert "no key or passkey" in _why(approve(REQUEST, "Kim", by), policy, vendor_keys=frozenset({raw}))


def test_other_kinds_of_documents_are_no_approvals() -> None:
    assert "no approval" in _why(add_signature(REQUEST, KIM))
    approval = an_approval(REQUEST.digest, "Kim")
    decline = Decline(
        id="d" * 32,
        site=SITE,
        hosts=[HOST],
        made_at=NOW,
        not_before=NOW,
        not_after=approval.not_after,
        declines=REQUEST.digest,
        approver="Kim",
    )
    assert "no approval" in _why(add_signature(write_document(decline), KIM))
    newer = signed_raw(write_document(approval).payload, payload_type(Kind.APPROVAL, 2), KIM)
    assert "cannot be read" in _why(newer)
    as_request = signed_raw(write_document(approval).payload, payload_type(Kind.REQUEST), KIM)
    assert "no approval" in _why(as_request)
    more = signed_raw(payload_with(write_document(approval), unless="raining"), payload_type(Kind.APPROVAL), KIM)
    assert "cannot be read" in _why(more)


def test_revoked_and_used_up_are_told_apart() -> None:
    signed = approve(REQUEST, "Kim", KIM, uses=2)
    for change, lack in (
        ({"revoked": frozenset({"a" * 32})}, Lack.REVOKED),
        ({"uses": {"a" * 32: 2}}, Lack.USED_UP),
        ({"uses": {"1" * 32: 2}}, Lack.USED_UP),
    ):
        found = weigh(signed, POLICY, replace(QUESTION, **change))
        assert isinstance(found, No)
        assert found.lack is lack
    assert _why(signed, uses={"a" * 32: 1, "1" * 32: 1}) == ""


def test_of_two_by_one_person_the_one_for_more_runs_stays() -> None:
    two = [approve(REQUEST, "Kim", KIM, uses=number, id=str(number) * 32) for number in (2, 5, 3)]
    tally = count([*two, approve(REQUEST, "Lee", LEE, id="b" * 32), approve(REQUEST, "Lee", KIM)], POLICY, QUESTION)
    assert {name: yes.approval.uses for name, yes in tally.yes.items()} == {"Kim": 5, "Lee": 1}
    assert [no.lack for no in tally.no] == [Lack.ELSEWHERE]


def test_json_with_two_meanings_is_not_read() -> None:
    envelope = write_document(an_approval(REQUEST.digest, "Kim"))
    assert isinstance(read_strictly(envelope), Approval)
    with pytest.raises(Malformed, match="twice"):
        read_strictly(replace(envelope, payload=b'{"uses":100,' + envelope.payload[1:-1] + b',"uses":1}'))

"""Revocations and declines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from remediation.trust.decision import Obstacle, Place, Refusal
from remediation.trust.stops import judge_decline, judge_revocation
from tests.fakes.customer import BASE, HOST, NOW, SITE
from tests.fakes.scene import KIM, LEE, PASSKEY, the_policy
from wire.documents.envelope import Envelope, add_signature
from wire.documents.model import Decline, Revocation, write_document
from wire.keys import generate_key

PLACE = Place(SITE, HOST, NOW)
POLICY = the_policy()


def _revocation(**change: Any) -> Envelope:
    values: dict[str, Any] = {"id": "e" * 32, "site": SITE, "hosts": [HOST], "revokes": "a" * 32}
    return write_document(Revocation(**BASE | values | change))


def _decline(**change: Any) -> Envelope:
    values: dict[str, Any] = {"id": "e" * 32, "site": SITE, "hosts": [HOST], "declines": "0" * 64, "approver": "Kim"}
    return write_document(Decline(**BASE | values | change))


def _obstacle(answer: object) -> Obstacle | None:
    return answer.obstacle if isinstance(answer, Refusal) else None


def test_a_revocation_is_honoured_from_anyone_at_any_time() -> None:
    for envelope in (_revocation(), add_signature(_revocation(), generate_key()), _revocation(not_after=NOW)):
        found = judge_revocation(envelope, PLACE)
        assert isinstance(found, Revocation)
        assert found.revokes == "a" * 32


def test_a_revocation_for_others_is_not_ours() -> None:
    assert _obstacle(judge_revocation(_revocation(site="other"), PLACE)) is Obstacle.OTHER_AUDIENCE
    assert _obstacle(judge_revocation(_revocation(hosts=["host-2"]), PLACE)) is Obstacle.OTHER_AUDIENCE
    assert _obstacle(judge_revocation(_decline(), PLACE)) is Obstacle.UNKNOWN_KIND
    assert _obstacle(judge_revocation(replace(_revocation(), payload_type="x"), PLACE)) is Obstacle.UNKNOWN_KIND
    assert _obstacle(judge_revocation(replace(_revocation(), payload=b"{}"), PLACE)) is Obstacle.MALFORMED


def test_a_decline_is_an_approvers() -> None:
    assert isinstance(judge_decline(add_signature(_decline(), KIM), PLACE, POLICY), Decline)
    assert isinstance(judge_decline(PASSKEY.approve(_decline()), PLACE, POLICY), Decline)  # it only stops
    late = _decline(not_before=NOW + timedelta(minutes=1))
    assert isinstance(judge_decline(add_signature(late, KIM), PLACE, POLICY), Decline)


def test_a_decline_of_anybody_else_is_none() -> None:
    for envelope in (_decline(), add_signature(_decline(), generate_key()), add_signature(_decline(), LEE)):
        assert _obstacle(judge_decline(envelope, PLACE, POLICY)) is Obstacle.NO_APPROVAL
    other = add_signature(_decline(site="other"), KIM)
    assert _obstacle(judge_decline(other, PLACE, POLICY)) is Obstacle.OTHER_AUDIENCE
    assert _obstacle(judge_decline(add_signature(_revocation(), KIM), PLACE, POLICY)) is Obstacle.UNKNOWN_KIND
    broken = add_signature(replace(_decline(), payload=b"{"), KIM)
    assert _obstacle(judge_decline(broken, PLACE, POLICY)) is Obstacle.MALFORMED

"""What stops a request: revocations, honoured from anyone, and declines by an approver. Pure.

A stop is looked at as little as may be: a wrong clock or a document that is over must not keep the
customer from stopping something. What is checked is that it is for this host and can be read; a
decline says in the customer's name that a person answered, so it has to be signed by one.
"""

from __future__ import annotations

from remediation.trust.approvals import read_strictly, signatories
from remediation.trust.assertion import PasskeyApproval, SignedApproval
from remediation.trust.decision import Obstacle, Place, Refusal
from remediation.trust.policy_file import Policy
from wire.documents.envelope import Envelope
from wire.documents.model import Decline, Document, Kind, Revocation, is_for, kind_of
from wire.errors import Malformed


def judge_revocation(envelope: Envelope, place: Place) -> Revocation | Refusal:
    """The revocation in `envelope`, signed or not, if it is for this host."""
    found = _kind_problem(envelope, Kind.REVOCATION) or _read(envelope, place)
    return found if isinstance(found, Revocation | Refusal) else Refusal(Obstacle.MALFORMED, "not a revocation")


def judge_decline(signed: SignedApproval, place: Place, policy: Policy) -> Decline | Refusal:
    """The decline in `signed`, if it is for this host and the approver that it names signed it."""
    envelope = signed.envelope if isinstance(signed, PasskeyApproval) else signed
    problem = _kind_problem(envelope, Kind.DECLINE)
    if problem is not None:
        return problem
    persons = signatories(signed, policy, frozenset())
    found = _read(envelope, place) if persons else None
    if isinstance(found, Refusal):
        return found
    if not isinstance(found, Decline) or found.approver not in persons:
        return Refusal(Obstacle.NO_APPROVAL, "no approver of the local policy signed it in their own name")
    return found


def _kind_problem(envelope: Envelope, wanted: Kind) -> Refusal | None:
    try:
        kind = kind_of(envelope)
    except Malformed:
        return Refusal(Obstacle.UNKNOWN_KIND, "a kind or version of document that is not known here")
    return None if kind is wanted else Refusal(Obstacle.UNKNOWN_KIND, f"a document of kind {kind}, not {wanted}")


def _read(envelope: Envelope, place: Place) -> Document | Refusal:
    try:
        document = read_strictly(envelope)
    except Malformed as error:
        return Refusal(Obstacle.MALFORMED, str(error))
    if not is_for(document, site=place.site, host=place.host):
        return Refusal(Obstacle.OTHER_AUDIENCE, "it is for another site or host")
    return document

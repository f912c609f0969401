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
    found = _read(envelope, Kind.REVOCATION, place)
    return found if isinstance(found, Revocation | Refusal) else Refusal(Obstacle.MALFORMED, "not a revocation")


def judge_decline(signed: SignedApproval, place: Place, policy: Policy) -> Decline | Refusal:
    """The decline in `signed`, if it is for this host and the approver that it names signed it."""
    envelope = signed.envelope if isinstance(signed, PasskeyApproval) else signed
    found = _read(envelope, Kind.DECLINE, place)
    if not isinstance(found, Decline):
        return found if isinstance(found, Refusal) else Refusal(Obstacle.MALFORMED, "not a decline")
    if found.approver not in signatories(signed, policy, frozenset()):
        return Refusal(Obstacle.NO_APPROVAL, "the person that it names did not sign it")
    return found


def _read(envelope: Envelope, wanted: Kind, place: Place) -> Document | Refusal:
    try:
        if kind_of(envelope) is not wanted:
            return Refusal(Obstacle.UNKNOWN_KIND, f"not a document of kind {wanted}")
        document = read_strictly(envelope)
    except Malformed as error:
        return Refusal(Obstacle.MALFORMED, str(error))
    if not is_for(document, site=place.site, host=place.host):
        return Refusal(Obstacle.OTHER_AUDIENCE, "it is for another site or host")
    return document

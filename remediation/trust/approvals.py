"""Which approvals count for one request: each looked at by itself, then one for each person. Pure.

An approval counts only if all of this holds, in this order:

1. it is an approval, and a key or passkey of the local policy signed exactly its bytes;
2. it is for this site and host, and holds now;
3. it names the digest of this request, and the person whose key signed it;
4. that person may approve this, by these means;
5. it was not revoked, and is not used up.

Nothing of an approval is read before 1 holds. A key of the vendor's roster never counts as the
customer's, even if the policy names it: the two sides have to be two.

`uses` of an approval says how often the request may run at all on this host, so the runs of the
request itself are counted too. A second person's approval that arrives late does not make a request
run twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from remediation.trust.assertion import AssertionRefused, PasskeyApproval, SignedApproval, challenge, verify_assertion
from remediation.trust.policy import Means, Wish, file_keys, find_credential, may_approve
from remediation.trust.policy_file import Approver, Policy
from remediation.trust.public_keys import raw_key, signing_texts
from wire.documents.envelope import Envelope
from wire.documents.model import Approval, Document, Kind, holds_at, is_for, kind_of, read_document
from wire.errors import Malformed
from wire.frame import check_strict
from wire.keys import Ed25519PublicKey, public_bytes


class Lack(StrEnum):
    """Why an approval does not count; what does not concern this request at all is `ELSEWHERE`."""

    ELSEWHERE = "elsewhere"
    REVOKED = "revoked"
    USED_UP = "used_up"


@dataclass(frozen=True)
class No:
    """An approval that does not count."""

    lack: Lack
    why: str


@dataclass(frozen=True)
class Yes:
    """An approval that counts."""

    approval: Approval
    means: Means


@dataclass(frozen=True)
class Question:
    """What is asked about each approval."""

    request_id: str
    digest: str
    wish: Wish
    site: str
    host: str
    now: datetime
    vendor_keys: frozenset[bytes]  # raw public keys of the roster
    revoked: frozenset[str]
    uses: Mapping[str, int]


@dataclass
class Tally:
    """One approval for each person, and why the others do not count."""

    yes: dict[str, Yes] = field(default_factory=dict)
    no: list[No] = field(default_factory=list)

    def add(self, found: Yes | No) -> None:
        """Count it; of two by one person the one that allows more runs stays."""
        if isinstance(found, No):
            self.no.append(found)
            return
        name = found.approval.approver
        known = self.yes.get(name)
        if known is None or known.approval.uses < found.approval.uses:
            self.yes[name] = found


def count(approvals: Iterable[SignedApproval], policy: Policy, question: Question) -> Tally:
    """The approvals that count for the request of `question`."""
    tally = Tally()
    for approval in approvals:
        tally.add(weigh(approval, policy, question))
    return tally


def weigh(signed: SignedApproval, policy: Policy, question: Question) -> Yes | No:
    """Whether this one approval counts."""
    envelope = signed.envelope if isinstance(signed, PasskeyApproval) else signed
    try:
        if kind_of(envelope) is not Kind.APPROVAL:
            return No(Lack.ELSEWHERE, "it is no approval")
        persons = signatories(signed, policy, question.vendor_keys)
        if not persons:
            return No(Lack.ELSEWHERE, "no key or passkey of the policy signed it")
        document = read_strictly(envelope)
    except Malformed as error:
        return No(Lack.ELSEWHERE, f"it cannot be read: {error}")
    if not isinstance(document, Approval):
        return No(Lack.ELSEWHERE, "it is no approval")
    return _weigh_document(document, persons, policy, question)


def _weigh_document(
    approval: Approval, persons: Mapping[str, tuple[Approver, Means]], policy: Policy, question: Question
) -> Yes | No:
    who = persons.get(approval.approver)
    checks = {
        "it is for another site or host": is_for(approval, site=question.site, host=question.host),
        "it does not hold now": holds_at(approval, question.now),
        "it approves another document": _is_about(approval, question),
        "another person's key signed it": who is not None,
        "this person may not approve this": who is not None and may_approve(policy, *who, question.wish),
    }
    for problem, holds in checks.items():
        if not holds:
            return No(Lack.ELSEWHERE, problem)
    if approval.id in question.revoked:
        return No(Lack.REVOKED, "it was revoked")
    if max(question.uses.get(approval.id, 0), question.uses.get(question.request_id, 0)) >= approval.uses:
        return No(Lack.USED_UP, "it is used up")
    return Yes(approval, persons[approval.approver][1])


def _is_about(approval: Approval, question: Question) -> bool:
    """Whether exactly these bytes were approved."""
    return approval.approves == question.digest


def signatories(
    signed: SignedApproval, policy: Policy, vendor_keys: frozenset[bytes]
) -> dict[str, tuple[Approver, Means]]:
    """The persons of the policy whose key or passkey signed these bytes, by name."""
    if isinstance(signed, PasskeyApproval):
        return _by_passkey(signed, policy, vendor_keys)
    return _by_key(signed, policy, vendor_keys)


def _by_key(envelope: Envelope, policy: Policy, vendor_keys: frozenset[bytes]) -> dict[str, tuple[Approver, Means]]:
    known = file_keys(policy)
    texts = {name: text for name, (_, text) in known.items() if raw_key(text) not in vendor_keys}
    found = {}
    for name in signing_texts(envelope, texts):
        approver = known[name][0]
        found[approver.name] = (approver, Means.KEY)
    return found


def _by_passkey(
    signed: PasskeyApproval, policy: Policy, vendor_keys: frozenset[bytes]
) -> dict[str, tuple[Approver, Means]]:
    entry = find_credential(policy, signed.assertion.credential_id)
    if entry is None:
        return {}
    approver, credential = entry
    if isinstance(credential.key, Ed25519PublicKey) and public_bytes(credential.key) in vendor_keys:
        return {}
    try:
        verify_assertion(signed.assertion, credential, challenge(signed.envelope))
    except AssertionRefused:
        return {}
    return {approver.name: (approver, Means.PASSKEY)}


def read_strictly(envelope: Envelope) -> Document:
    """The document in an envelope; `Malformed` also for JSON that two readers could understand differently."""
    check_strict(envelope.payload)
    return read_document(envelope)

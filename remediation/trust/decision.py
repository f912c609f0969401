"""Whether a host may run what was asked: the one decision, pure.

`judge` is given everything and looks nothing up: the request with its signatures, the approvals
with theirs, and the facts of this host. It answers with a `Permit`, or a `Refusal` that says which
condition failed first. There is no third answer, and no condition that a caller could leave out.

Nothing of a request is read before the signature of an engineer over its bytes holds. After that the
order of the conditions is the order in which they are cheap to explain to the customer: is it for
this host, is it still time, may that engineer ask, is it an action that the vendor signed, do the
parameters fit, did the customer stop it or approve exactly this, is it not used up, is a window open.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from remediation.trust.approvals import Lack, Question, Tally, count, read_strictly
from remediation.trust.assertion import SignedApproval
from remediation.trust.collection import collection_problem
from remediation.trust.engineers import allowed, signed_by, still_valid, vendor_keys
from remediation.trust.obstacles import Obstacle, Refusal
from remediation.trust.parameters import parameters_problem
from remediation.trust.policy import Wish, count_needed, is_open, rule_id, rules_in_advance
from remediation.trust.policy_file import Policy
from remediation.trust.targets import PATCH_DIGEST, PATCH_ID, Action, Actions, Engineer, Roster, patch_path
from wire.documents.envelope import Envelope
from wire.documents.model import ActionRequest, Kind, is_for, kind_of
from wire.errors import Malformed

__all__ = ["IN_ADVANCE", "Obstacle", "Permit", "Place", "Refusal", "Use", "Vendor", "judge"]

IN_ADVANCE: Final = "in advance, by the local policy"


@dataclass(frozen=True)
class Vendor:
    """What the vendor's verified metadata say now. `actions` by product, with the SHA-256 of the target's bytes."""

    roster: Roster
    actions: Mapping[str, tuple[str, Actions]]
    is_expired: bool
    time_floor: datetime | None = None  # the newest time that verified metadata has shown: it cannot be earlier now
    patches: Mapping[str, bytes] = field(default_factory=dict)  # manifests by the path of their target


class Use(NamedTuple):
    """One thing that a run uses up, and how often it may be used in all."""

    id: str
    limit: int


@dataclass(frozen=True)
class Permit:
    """Run this, now, once."""

    request: ActionRequest
    digest: str  # of the request's payload
    action: Action
    engineer: str
    approvers: tuple[str, ...]
    used: tuple[Use, ...]  # the request, its approvals or the rule in advance; give all to the ledger in one step
    manifest: bytes = b""  # of the patch, as the vendor vouches for it and as it was approved


@dataclass(frozen=True)
class Place:
    """The host as documents name it, and the time by which they are judged."""

    site: str
    host: str
    now: datetime


class _Refused(Exception):
    """Leads from the condition that failed to the end of `judge`."""

    def __init__(self, obstacle: Obstacle, detail: str) -> None:
        super().__init__(detail)
        self.refusal = Refusal(obstacle, detail)


def judge(
    envelope: Envelope,
    approvals: Sequence[SignedApproval],
    *,
    place: Place,
    vendor: Vendor | None,
    policy: Policy,
    revoked: frozenset[str],
    declined: frozenset[str],
    uses: Mapping[str, int],
) -> Permit | Refusal:
    """Whether the request in `envelope` may run here now.

    `revoked` are ids of requests and approvals, `declined` digests of requests, `uses` how often each id
    was used (ledger). Never raises, whatever the documents hold. A `Permit` is used up before the run.
    """
    try:
        _check_kind(envelope)
        known = _known(vendor)
        engineers = _signed_by(envelope, known.roster)
        request = _read(envelope)
        _check_audience(request, place, policy)
        _check_time(request, place.now, known)
        engineer = _engineer(engineers, place.now)
        action = _action(request, known)
        _check_collection(action, policy)
        manifest = _manifest(action, request, known)
        _check_stopped(request, envelope.digest, revoked, declined)
        question = Question(
            request_id=request.id,
            digest=envelope.digest,
            wish=Wish(request.product, action.name, action.risk, request.parameters),
            site=place.site,
            host=place.host,
            now=place.now,
            vendor_keys=vendor_keys(known.roster),
            revoked=revoked,
            uses=uses,
        )
        approvers, used = _approved(approvals, policy, question)
        _check_window(policy, place.now)
    except _Refused as refused:
        return refused.refusal
    return Permit(request, envelope.digest, action, engineer.name, approvers, used, manifest)


def _check_kind(envelope: Envelope) -> None:
    try:
        kind = kind_of(envelope)
    except Malformed as error:
        raise _Refused(Obstacle.UNKNOWN_KIND, "a kind or version of document that is not known here") from error
    if kind is not Kind.REQUEST:
        raise _Refused(Obstacle.UNKNOWN_KIND, f"a document of kind {kind} runs nothing")


def _known(vendor: Vendor | None) -> Vendor:
    if vendor is None:
        raise _Refused(Obstacle.NO_VENDOR_ROOT, "this host has no vendor root")
    return vendor


def _signed_by(envelope: Envelope, roster: Roster) -> list[Engineer]:
    found = signed_by(envelope, roster)
    if not found:
        raise _Refused(Obstacle.NO_ENGINEER, "no engineer of the vendor's roster signed it")
    return found


def _read(envelope: Envelope) -> ActionRequest:
    try:
        document = read_strictly(envelope)
    except Malformed as error:
        raise _Refused(Obstacle.MALFORMED, str(error)) from error
    if not isinstance(document, ActionRequest):
        raise _Refused(Obstacle.MALFORMED, "not a request")
    return document


def _check_audience(request: ActionRequest, place: Place, policy: Policy) -> None:
    if not is_for(request, site=place.site, host=place.host):
        raise _Refused(Obstacle.OTHER_AUDIENCE, "it is for another site or host")
    if policy.site != place.site:
        raise _Refused(Obstacle.OTHER_AUDIENCE, "the local policy is for another site")


def _check_time(request: ActionRequest, now: datetime, vendor: Vendor) -> None:
    if vendor.time_floor is not None and now < vendor.time_floor:
        raise _Refused(Obstacle.TIME_NOT_TRUSTED, "the clock is earlier than the newest signed time")
    if now < request.not_before:
        raise _Refused(Obstacle.NOT_YET, "it holds from a later time on")
    if now >= request.not_after:
        raise _Refused(Obstacle.EXPIRED, "its time is over")
    if vendor.is_expired:
        raise _Refused(Obstacle.VENDOR_EXPIRED, "what the vendor signed has expired; it has to be refreshed")


def _engineer(found: Sequence[Engineer], now: datetime) -> Engineer:
    valid = still_valid(found, now)
    if not valid:
        raise _Refused(Obstacle.ENGINEER_EXPIRED, "the engineer's place in the roster has expired")
    may = allowed(valid, "action")
    if not may:
        raise _Refused(Obstacle.ENGINEER_CLASS, "the engineer may not ask for actions")
    return may[0]


def _action(request: ActionRequest, vendor: Vendor) -> Action:
    digest, actions = vendor.actions.get(request.product, ("", None))
    if actions is None or actions.product != request.product:
        raise _Refused(Obstacle.UNKNOWN_ACTION, "the vendor has signed no actions of this product")
    if digest != request.actions_digest:
        raise _Refused(Obstacle.OTHER_ACTIONS, "the engineer saw other actions than this host has")
    named = [action for action in actions.actions if action.name == request.action]
    if len(named) != 1:
        raise _Refused(Obstacle.UNKNOWN_ACTION, "the product has no such action")
    problem = parameters_problem(named[0], request.parameters)
    if problem:
        raise _Refused(Obstacle.PARAMETERS, problem)
    return named[0]


def _check_collection(action: Action, policy: Policy) -> None:
    problem = collection_problem(action.collect, policy.collect.roots) if action.collect else ""
    if problem:
        raise _Refused(Obstacle.NOT_COLLECTABLE, problem)


def _manifest(action: Action, request: ActionRequest, vendor: Vendor) -> bytes:
    """The manifest that the vendor vouches for now, if it is the very one that the request names by its digest."""
    if action.patch is None:
        return b""
    raw = vendor.patches.get(patch_path(request.product, request.parameters[PATCH_ID]))
    if raw is None:
        raise _Refused(Obstacle.UNKNOWN_PATCH, "the vendor vouches for no such patch of this product")
    if hashlib.sha256(raw).hexdigest() != request.parameters[PATCH_DIGEST]:
        raise _Refused(Obstacle.OTHER_PATCH, "the vendor vouches for another patch of this name than the one asked for")
    return raw


def _check_stopped(request: ActionRequest, digest: str, revoked: frozenset[str], declined: frozenset[str]) -> None:
    if digest in declined:
        raise _Refused(Obstacle.DECLINED, "the customer declined it")
    if request.id in revoked:
        raise _Refused(Obstacle.REVOKED, "it was revoked")


def _approved(
    approvals: Sequence[SignedApproval], policy: Policy, question: Question
) -> tuple[tuple[str, ...], tuple[Use, ...]]:
    """Who approved it, and what a run uses up: by enough persons, or in advance."""
    tally = count(approvals, policy, question)
    needed = count_needed(policy, question.wish.risk)
    if len(tally.yes) >= needed:
        chosen = [yes.approval for yes in tally.yes.values()]
        runs = Use(question.request_id, min(approval.uses for approval in chosen))
        return tuple(sorted(tally.yes)), (runs, *(Use(approval.id, approval.uses) for approval in chosen))
    used = _in_advance(policy, question)
    if used is not None:
        return (IN_ADVANCE,), used
    raise _not_enough(tally, needed)


def _check_window(policy: Policy, now: datetime) -> None:
    if not is_open(policy, policy.only_in, now):
        raise _Refused(Obstacle.OUTSIDE_WINDOW, "no window of the local policy is open")


def _not_enough(tally: Tally, needed: int) -> _Refused:
    lacks = {no.lack for no in tally.no}
    why = "; ".join(sorted({no.why for no in tally.no}))
    if tally.yes:
        return _Refused(Obstacle.NOT_ENOUGH_APPROVALS, f"{len(tally.yes)} of {needed} persons approved it; {why}")
    if Lack.REVOKED in lacks:
        return _Refused(Obstacle.REVOKED, "its approval was revoked")
    if Lack.USED_UP in lacks:
        return _Refused(Obstacle.USED_UP, "its approval is used up")
    return _Refused(Obstacle.NO_APPROVAL, why or "nobody approved it")


def _in_advance(policy: Policy, question: Question) -> tuple[Use, ...] | None:
    """What a run that was approved in advance uses up; None when the policy has no rule for it."""
    rules = rules_in_advance(policy, question.wish)
    if not rules:
        return None
    open_rules = [rule for rule in rules if is_open(policy, rule.only_in, question.now)]
    if not open_rules:
        raise _Refused(Obstacle.OUTSIDE_WINDOW, "it is approved in advance, but not for now")
    for rule in open_rules:
        used = (Use(question.request_id, 1), Use(rule_id(policy, rule, question.now), rule.per_day))
        if all(question.uses.get(each.id, 0) < each.limit for each in used):
            return used
    raise _Refused(Obstacle.USED_UP, "what is approved in advance is used up for today, or this request has run")

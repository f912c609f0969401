"""What the local policy answers: whose yes counts for what, how many are needed, and when. Pure.

What a passkey may approve
--------------------------
A passkey proves that its owner was there, not what the page showed, because the page comes from the
collector. `BY_PASSKEY` lists what a passkey reaches by itself; typed actions are not in it. They
need a key file, or `passkey_may_approve_actions: true` in the policy.

When a window is open
---------------------
A window begins once and ends once on each of its days, also where clocks change. A wall clock time
counts as reached when the clock shows it or a later one, or showed it before: where the clock
jumps over a time, it is reached at the jump; where an hour comes twice, the first time counts. So
a window never opens twice, and never ends later than its wall clock time first shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from remediation.trust.assertion import Credential, decode_base64, read_cose_key
from remediation.trust.policy_file import Approver, InAdvance, Passkey, Policy, Risk, Window, passkey_id
from remediation.trust.public_keys import key_name

BY_PASSKEY: frozenset[str] = frozenset()  # patches and read-only sessions, once there are documents for them
RISKS: tuple[Risk, ...] = ("low", "medium", "high")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Means(StrEnum):
    """With what somebody approved."""

    KEY = "key"
    PASSKEY = "passkey"


@dataclass(frozen=True)
class Wish:
    """What is to be approved: one action of a product, with its risk as the vendor signed it."""

    product: str
    action: str
    risk: Risk
    parameters: Mapping[str, str]
    kind: str = "action"


def file_keys(policy: Policy) -> dict[str, tuple[Approver, str]]:
    """The approvers' key files: person and public key's text by key id."""
    return {key_name(text): (approver, text) for approver in policy.approvers for text in approver.keys}


def find_credential(policy: Policy, credential_id: bytes) -> tuple[Approver, Credential] | None:
    """The approver and passkey of that credential id."""
    for approver in policy.approvers:
        for passkey in approver.passkeys:
            if passkey_id(passkey) == credential_id:
                return approver, _credential(passkey)
    return None


def _credential(passkey: Passkey) -> Credential:
    key = read_cose_key(decode_base64(passkey.public_key))
    return Credential(passkey_id(passkey), key, passkey.relying_party, passkey.origin)


def may_approve(policy: Policy, approver: Approver, means: Means, wish: Wish) -> bool:
    """Whether this person's yes, given by these means, counts for this."""
    if means is Means.PASSKEY and not _reaches_by_passkey(policy, wish):
        return False
    if wish.kind not in approver.kinds or wish.risk not in approver.risks:
        return False
    return any(pattern in approver.actions for pattern in ("*", f"{wish.product}/*", f"{wish.product}/{wish.action}"))


def _reaches_by_passkey(policy: Policy, wish: Wish) -> bool:
    return wish.kind in BY_PASSKEY or (wish.kind == "action" and policy.passkey_may_approve_actions)


def count_needed(policy: Policy, risk: Risk) -> int:
    """How many different persons have to approve something of this risk."""
    return {"low": policy.needed.low, "medium": policy.needed.medium, "high": policy.needed.high}[risk]


def unreachable_risks(policy: Policy) -> list[Risk]:
    """Risks that nobody can approve, because fewer persons may than are needed: worth a warning."""
    able = {
        risk: sum(risk in approver.risks and bool(approver.actions) for approver in policy.approvers) for risk in RISKS
    }
    return [risk for risk in RISKS if able[risk] < count_needed(policy, risk)]


def rules_in_advance(policy: Policy, wish: Wish) -> list[InAdvance]:
    """The approvals in advance that are for exactly this."""
    return [
        rule
        for rule in policy.in_advance
        if (rule.product, rule.action) == (wish.product, wish.action)
        and rule.parameters == dict(wish.parameters)
        and RISKS.index(wish.risk) <= RISKS.index(rule.up_to_risk)
    ]


def rule_id(policy: Policy, rule: InAdvance, now: datetime) -> str:
    """Under what the runs of this rule are counted today, by the policy's own calendar day."""
    day = now.astimezone(ZoneInfo(policy.zone)).date()
    content = msgspec.json.encode([rule.product, rule.action, sorted(rule.parameters.items())])
    return f"advance:{hashlib.sha256(content).hexdigest()[:32]}:{day.isoformat()}"


def is_open(policy: Policy, names: Sequence[str], now: datetime) -> bool:
    """Whether one of the named windows is open; without names it is always open."""
    return not names or any(is_inside(window, now) for window in policy.windows if window.name in names)


def is_inside(window: Window, now: datetime) -> bool:
    """Whether `now` lies in this window."""
    zone = ZoneInfo(window.zone)
    today = now.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        if _DAYS[day.weekday()] in window.days:
            end_day = day if window.end > window.start else day + timedelta(days=1)
            if _is_reached(day, window.start, zone, now) and not _is_reached(end_day, window.end, zone, now):
                return True
    return False


def _is_reached(day: date, clock: str, zone: ZoneInfo, now: datetime) -> bool:
    """Whether the wall clock of `zone` shows or has shown that time of that day."""
    hours, minutes = int(clock[:2]), int(clock[3:])
    wall = datetime.combine(day, time()) + timedelta(hours=hours, minutes=minutes)
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return now >= first or now.astimezone(zone).replace(tzinfo=None) >= wall

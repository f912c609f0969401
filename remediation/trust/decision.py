"""Whether a host may run what was asked: the one decision, pure.

`judge` is given everything and looks nothing up: the request with its signatures, the approvals
with theirs, and the facts of this host. It answers with a `Permit`, or a `Refusal` that says which
condition failed first. There is no third answer, and no condition that a caller could leave out.

The order of the conditions is the order in which they are cheap to explain to the customer: is it
for this host, is it still time, did an engineer of the vendor ask, is it an action that the vendor
signed, do the parameters fit, did the customer approve exactly this, is it not used up or revoked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from remediation.trust.targets import Action, Actions, Roster
from wire.documents.model import ActionRequest


class Obstacle(StrEnum):
    """Why a request is refused; stands in the audit chain and crosses the wire."""

    MALFORMED = "malformed"
    UNKNOWN_KIND = "unknown_kind"
    OTHER_AUDIENCE = "other_audience"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    TIME_NOT_TRUSTED = "time_not_trusted"
    NO_VENDOR_ROOT = "no_vendor_root"
    VENDOR_EXPIRED = "vendor_expired"
    NO_ENGINEER = "no_engineer"
    ENGINEER_EXPIRED = "engineer_expired"
    ENGINEER_CLASS = "engineer_class"
    UNKNOWN_ACTION = "unknown_action"
    OTHER_ACTIONS = "other_actions"
    PARAMETERS = "parameters"
    NO_APPROVAL = "no_approval"
    NOT_ENOUGH_APPROVALS = "not_enough_approvals"
    OUTSIDE_WINDOW = "outside_window"
    DECLINED = "declined"
    REVOKED = "revoked"
    USED_UP = "used_up"


@dataclass(frozen=True)
class Vendor:
    """What the vendor's verified metadata say now. `actions` by product, with the SHA-256 of the target's bytes."""

    roster: Roster
    actions: Mapping[str, tuple[str, Actions]]
    is_expired: bool


@dataclass(frozen=True)
class Permit:
    """Run this, now, once."""

    request: ActionRequest
    digest: str  # of the request's payload
    action: Action
    engineer: str
    approvers: tuple[str, ...]
    used: tuple[str, ...]  # ids of the approvals that this run uses up


@dataclass(frozen=True)
class Refusal:
    """Do nothing. `detail` is for the audit chain and the status, in English."""

    obstacle: Obstacle
    detail: str


@dataclass(frozen=True)
class Place:
    """The host as documents name it, and the time by which they are judged."""

    site: str
    host: str
    now: datetime

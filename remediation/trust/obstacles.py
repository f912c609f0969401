"""Why a host does nothing about a request. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
    NOT_COLLECTABLE = "not_collectable"
    NO_APPROVAL = "no_approval"
    NOT_ENOUGH_APPROVALS = "not_enough_approvals"
    OUTSIDE_WINDOW = "outside_window"
    DECLINED = "declined"
    REVOKED = "revoked"
    USED_UP = "used_up"
    # of patches
    UNKNOWN_PATCH = "unknown_patch"
    OTHER_PATCH = "other_patch"
    NOT_APPLICABLE = "not_applicable"
    PATCH_ROOT = "patch_root"
    IRREVERSIBLE = "irreversible"
    PAYLOAD_MISSING = "payload_missing"
    REFUSED_BEFORE = "refused_before"
    DRIFT = "drift"
    NOT_READY = "not_ready"  # its backup, a database, or the room on its disks
    WINDOW_TOO_SHORT = "window_too_short"
    OTHER_PATCH_RUNS = "other_patch_runs"
    IN_PROGRESS = "in_progress"  # it was permitted and is being applied; the result follows


@dataclass(frozen=True)
class Refusal:
    """Do nothing. `detail` is for the audit chain and the status, in English."""

    obstacle: Obstacle
    detail: str

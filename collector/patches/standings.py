"""Requests to apply patches -> where the newest one stands on each host; pure.

Such a request is one of an action with the parameters `patch` and `digest`, and nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from collector.patches.model import Progress, Standing
from collector.relay.requests.model import Asked
from collector.relay.requests.state import RequestState
from remediation.patch.state import UNTOUCHED, PatchState
from remediation.trust.decision import Obstacle
from remediation.trust.targets import Action, Actions

PATCH, DIGEST = "patch", "digest"
PARAMETERS: Final = frozenset({PATCH, DIGEST})

_APPROVALS: Final = frozenset({Obstacle.NO_APPROVAL.value, Obstacle.NOT_ENOUGH_APPROVALS.value})
_BEFORE_ANYTHING: Final = frozenset({state.value for state in UNTOUCHED} | {PatchState.ABANDONED.value})

_BY_STATE: Final = MappingProxyType(
    {
        RequestState.DRAFTED: Progress.ASKED,
        RequestState.SENT: Progress.ASKED,
        RequestState.DELIVERED: Progress.ASKED,
        RequestState.APPROVED: Progress.APPROVED,
        RequestState.DONE: Progress.DONE,
        RequestState.FAILED: Progress.ROLLED_BACK,
        RequestState.UNKNOWN: Progress.LOST,
    }
)


@dataclass(frozen=True)
class Attempt:
    """One request on one host. `step` is where it failed, as the host's result says."""

    agent: str
    asked: Asked
    state: str
    obstacle: str
    at: datetime
    request: str = ""
    ticket: str = ""
    step: str = ""


def patch_action(actions: Actions | None) -> Action | None:
    """The action with which the product's patches are applied, if the vendor offers one."""
    offered = actions.actions if actions is not None else []
    return next((action for action in offered if _is_for_patches(action)), None)


def _is_for_patches(action: Action) -> bool:
    return action.parameters.keys() == PARAMETERS and all(rule.kind == "name" for rule in action.parameters.values())


def progress_of(attempt: Attempt) -> Progress | None:
    """Where it stands; None when it ended without anything having been touched."""
    state = RequestState(attempt.state)
    if state is RequestState.WAITING:
        if attempt.obstacle in _APPROVALS:
            return Progress.NOT_APPROVED
        return Progress.WINDOW if attempt.obstacle == Obstacle.OUTSIDE_WINDOW.value else Progress.ASKED
    if state is RequestState.FAILED and attempt.step in _BEFORE_ANYTHING:
        return None
    return _BY_STATE.get(state)


def standings(attempts: Iterable[Attempt]) -> dict[tuple[str, str], dict[str, Standing]]:
    """(product, patch) -> agent -> where it stands; a later attempt counts instead of an earlier one.

    One that ended without touching anything takes nothing back of what an earlier one did.
    """
    found: dict[tuple[str, str], dict[str, Standing]] = defaultdict(dict)
    for attempt in attempts:
        if attempt.asked.parameters.keys() != PARAMETERS:
            continue
        key = attempt.asked.product, attempt.asked.parameters[PATCH]
        progress = progress_of(attempt)
        if progress is not None:
            found[key][attempt.agent] = Standing(progress, attempt.at, attempt.request, attempt.ticket)
        elif (known := found[key].get(attempt.agent)) and known.progress not in _RAN:
            del found[key][attempt.agent]
    return found


_RAN: Final = frozenset({Progress.DONE, Progress.ROLLED_BACK, Progress.LOST})

"""The states of an alert, as one table: what one fingerprint says about itself right now.

`pending` is the open delay of rule R2: a fault that goes away by itself within it opens no ticket.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType


class AlertState(StrEnum):
    """Whether the fault is there."""

    OK = "ok"
    PENDING = "pending"  # it was seen; the open delay runs
    FIRING = "firing"


class AlertCause(StrEnum):
    """What moves an alert; the value is the reason in its history."""

    FIRING = "firing"  # the fault was seen
    OK = "ok"  # a clearing signal came
    DELAY_PASSED = "delay_passed"
    TAKEN_IN = "taken_in"  # a storm at its site counts it, whatever is left of the open delay
    MERGED = "merged"  # R14: from now on another fingerprint speaks for it
    EXPIRY_PASSED = "expiry_passed"  # a code without a clearing signal was silent for long enough


class IllegalMove(Exception):
    """The table has no such step."""


_S, _C = AlertState, AlertCause

TABLE = MappingProxyType(
    {
        (_S.OK, _C.FIRING): _S.PENDING,
        (_S.OK, _C.OK): _S.OK,
        (_S.OK, _C.MERGED): _S.OK,
        (_S.PENDING, _C.MERGED): _S.OK,
        (_S.FIRING, _C.MERGED): _S.OK,
        (_S.PENDING, _C.FIRING): _S.PENDING,
        (_S.PENDING, _C.OK): _S.OK,
        (_S.PENDING, _C.DELAY_PASSED): _S.FIRING,
        (_S.PENDING, _C.TAKEN_IN): _S.FIRING,
        (_S.FIRING, _C.FIRING): _S.FIRING,
        (_S.FIRING, _C.OK): _S.OK,
        (_S.FIRING, _C.EXPIRY_PASSED): _S.OK,
    }
)


def move(state: AlertState, cause: AlertCause) -> AlertState:
    """The state after `cause`; `IllegalMove` when the table has no such step."""
    after = TABLE.get((state, cause))
    if after is None:
        raise IllegalMove(f"{cause} cannot happen to an alert that is {state}")
    return after

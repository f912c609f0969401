"""Where a support bundle stands on its host, as one table. What the table does not name changes nothing.

A bundle leaves the host in `SENDING` alone, and the only way there leads over `RELEASED`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class BundleState(StrEnum):
    """Where it stands."""

    COLLECTED = "collected"  # the executor has it, raw
    REDACTED = "redacted"  # it waits for the customer; nothing raw is left
    RELEASED = "released"
    SENDING = "sending"
    SENT = "sent"
    DROPPED = "dropped"
    FAILED = "failed"


class Step(StrEnum):
    """What can happen to it."""

    REDACT = "redact"
    RELEASE = "release"
    SEND = "send"  # a chunk is about to leave
    CONFIRM = "confirm"  # the collector has all of it, and the same
    DROP = "drop"
    FAIL = "fail"


class IllegalStep(Exception):
    """The table has no such step."""


_S, _P = BundleState, Step

_NEXT: Mapping[BundleState, Mapping[Step, BundleState]] = MappingProxyType(
    {
        _S.COLLECTED: {_P.REDACT: _S.REDACTED, _P.DROP: _S.DROPPED, _P.FAIL: _S.FAILED},
        _S.REDACTED: {_P.RELEASE: _S.RELEASED, _P.DROP: _S.DROPPED},
        _S.RELEASED: {_P.SEND: _S.SENDING, _P.DROP: _S.DROPPED, _P.FAIL: _S.FAILED},
        _S.SENDING: {_P.SEND: _S.SENDING, _P.CONFIRM: _S.SENT, _P.DROP: _S.DROPPED, _P.FAIL: _S.FAILED},
        _S.FAILED: {_P.DROP: _S.DROPPED},
        _S.SENT: {},
        _S.DROPPED: {},
    }
)

TABLE = MappingProxyType({(state, step): after for state, steps in _NEXT.items() for step, after in steps.items()})

FINAL = frozenset({_S.SENT, _S.DROPPED, _S.FAILED})


def advance(state: BundleState, step: Step) -> BundleState:
    """The state after `step`; `IllegalStep` when the table has no such step."""
    after = TABLE.get((state, step))
    if after is None:
        raise IllegalStep(f"{step} is not possible for a bundle that is {state}")
    return after

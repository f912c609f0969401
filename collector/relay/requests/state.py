"""Where a request stands on one host, as one table. What the table does not name changes nothing.

The collector only watches: it learns of an approval when it carries one, and of a run when the host
tells its outcome. A host's last word therefore counts in every state but the final ones, also after a
request was stopped or its time was over: it may have run before. Nothing says when a program starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class RequestState(StrEnum):
    """Where a request stands."""

    DRAFTED = "drafted"  # on a page; nobody has signed it
    SENT = "sent"  # signed by an engineer, waits for the host to ask
    DELIVERED = "delivered"  # went down to the host
    WAITING = "waiting"  # the host said what is still in the way
    APPROVED = "approved"  # a customer's approval came through here; what it is worth, the host decides
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # the host went down while it ran
    STOPPED = "stopped"  # discarded, declined or revoked
    LAPSED = "lapsed"  # its time is over


class Step(StrEnum):
    """What can happen to it."""

    SIGN = "sign"
    DELIVER = "deliver"
    HINDER = "hinder"  # refused for a reason that time or an approval may cure
    APPROVE = "approve"
    SUCCEED = "succeed"
    FAIL = "fail"
    REFUSE = "refuse"
    LOSE = "lose"
    STOP = "stop"
    LAPSE = "lapse"


class IllegalStep(Exception):
    """The table has no such step."""


_S, _P = RequestState, Step
_Steps = Mapping[Step, RequestState]

_LAST_WORDS: _Steps = MappingProxyType(
    {_P.SUCCEED: _S.DONE, _P.FAIL: _S.FAILED, _P.REFUSE: _S.REFUSED, _P.LOSE: _S.UNKNOWN},
)
_RAN: _Steps = MappingProxyType({step: state for step, state in _LAST_WORDS.items() if step is not _P.REFUSE})
_ENDS: _Steps = MappingProxyType({_P.STOP: _S.STOPPED, _P.LAPSE: _S.LAPSED})
_ON_ITS_WAY: _Steps = MappingProxyType({_P.HINDER: _S.WAITING, _P.APPROVE: _S.APPROVED, **_LAST_WORDS, **_ENDS})

_NEXT: Mapping[RequestState, _Steps] = MappingProxyType(
    {
        _S.DRAFTED: {_P.SIGN: _S.SENT, **_ENDS},
        _S.SENT: {_P.DELIVER: _S.DELIVERED, **_ON_ITS_WAY},
        _S.DELIVERED: {_P.DELIVER: _S.DELIVERED, **_ON_ITS_WAY},
        _S.WAITING: {_P.DELIVER: _S.WAITING, **_ON_ITS_WAY},
        _S.APPROVED: {_P.DELIVER: _S.APPROVED, **_ON_ITS_WAY},
        _S.REFUSED: {**_RAN},  # asked again on the host itself, with what was missing
        _S.STOPPED: {**_LAST_WORDS},
        _S.LAPSED: {**_LAST_WORDS},
        _S.UNKNOWN: {},
        _S.DONE: {},
        _S.FAILED: {},
    }
)

TABLE = MappingProxyType({(state, step): after for state, steps in _NEXT.items() for step, after in steps.items()})

OPEN = frozenset({_S.DRAFTED, _S.SENT, _S.DELIVERED, _S.WAITING, _S.APPROVED})  # time can still end it
FINAL = frozenset(set(RequestState) - OPEN)


def advance(state: RequestState, step: Step) -> RequestState:
    """The state after `step`; `IllegalStep` when the table has no such step."""
    after = TABLE.get((state, step))
    if after is None:
        raise IllegalStep(f"{step} is not possible in state {state}")
    return after

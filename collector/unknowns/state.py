"""What a person can decide about an unknown error, as one table. What it does not name changes nothing."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType


class UnknownState(StrEnum):
    """Where an unknown error stands."""

    NEW = "new"
    IGNORED = "ignored"  # with a reason: it is no fault
    CODED = "coded"  # a catalogue has a code for it


class UnknownAct(StrEnum):
    """What can be decided."""

    IGNORE = "ignore"
    CODE = "code"
    REOPEN = "reopen"


class IllegalAct(Exception):
    """The table has no such step."""

    def __init__(self, state: UnknownState, act: UnknownAct) -> None:
        super().__init__(f"{act} is not possible in state {state}")
        self.state = state
        self.act = act


_S, _A = UnknownState, UnknownAct

TABLE = MappingProxyType(
    {
        (_S.NEW, _A.IGNORE): _S.IGNORED,
        (_S.NEW, _A.CODE): _S.CODED,
        (_S.IGNORED, _A.CODE): _S.CODED,
        (_S.IGNORED, _A.REOPEN): _S.NEW,
        (_S.CODED, _A.REOPEN): _S.NEW,
    }
)


def after(state: UnknownState, act: UnknownAct) -> UnknownState:
    """The next state; `IllegalAct` when the table has no such step."""
    try:
        return TABLE[state, act]
    except KeyError:
        raise IllegalAct(state, act) from None

"""Where a patch stands on one host, as one table.

Every state is a durable record of the journal *before* the next step begins, so that whoever finds the journal
after a crash knows what may have been touched. `COMMITTED` is the one point at which the patch counts: before it
every way leads back to the old state, after it only forward.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType


class PatchState(StrEnum):
    """The newest record of the journal."""

    PLANNED = "planned"  # verified, permitted, checked; nothing touched
    STAGING = "staging"  # new files are written beside the old ones
    STAGED = "staged"  # they are whole on the disk and were read again
    BACKED_UP = "backed_up"  # the site's backup holds everything as it is
    QUIESCED = "quiesced"  # the services that ran are stopped
    DB_SNAPPED = "db_snapped"  # databases are saved right before the change
    MIGRATED = "migrated"  # their steps are done
    SWITCHED = "switched"  # the new files are in place
    STARTED = "started"  # the services run again; the gate judges
    COMMITTED = "committed"  # the patch counts
    CLEAN = "clean"  # nothing is left over; the end, until somebody takes it back
    ABANDONED = "abandoned"  # given up before anything of the product was touched; the end
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"  # everything is as it was before; the end
    ROLLBACK_FAILED = "rollback_failed"  # services stay stopped; a person has to act


class PatchEvent(StrEnum):
    """What happens to it."""

    DONE = "done"  # the step of this state succeeded
    FAILED = "failed"  # it did not, or its time is over, or the host went down in it
    TAKEN_BACK = "taken_back"  # a person wants the old version again
    GIVEN_UP = "given_up"  # taking back failed three times


class IllegalEvent(Exception):
    """The table has no such step."""

    def __init__(self, state: PatchState, event: PatchEvent) -> None:
        super().__init__(f"{event} is not possible in state {state}")
        self.state = state
        self.event = event


_S, _E = PatchState, PatchEvent

TABLE = MappingProxyType(
    {
        (_S.PLANNED, _E.DONE): _S.STAGING,
        (_S.PLANNED, _E.FAILED): _S.ABANDONED,
        (_S.STAGING, _E.DONE): _S.STAGED,
        (_S.STAGING, _E.FAILED): _S.ABANDONED,
        (_S.STAGED, _E.DONE): _S.BACKED_UP,
        (_S.STAGED, _E.FAILED): _S.ABANDONED,
        (_S.BACKED_UP, _E.DONE): _S.QUIESCED,
        (_S.BACKED_UP, _E.FAILED): _S.ROLLING_BACK,  # some services may have stopped
        (_S.QUIESCED, _E.DONE): _S.DB_SNAPPED,
        (_S.QUIESCED, _E.FAILED): _S.ROLLING_BACK,
        (_S.DB_SNAPPED, _E.DONE): _S.MIGRATED,
        (_S.DB_SNAPPED, _E.FAILED): _S.ROLLING_BACK,
        (_S.MIGRATED, _E.DONE): _S.SWITCHED,
        (_S.MIGRATED, _E.FAILED): _S.ROLLING_BACK,
        (_S.SWITCHED, _E.DONE): _S.STARTED,
        (_S.SWITCHED, _E.FAILED): _S.ROLLING_BACK,
        (_S.STARTED, _E.DONE): _S.COMMITTED,
        (_S.STARTED, _E.FAILED): _S.ROLLING_BACK,
        (_S.COMMITTED, _E.DONE): _S.CLEAN,
        (_S.COMMITTED, _E.FAILED): _S.COMMITTED,  # tidying is tried again; the patch counts
        (_S.CLEAN, _E.TAKEN_BACK): _S.ROLLING_BACK,
        (_S.ROLLING_BACK, _E.DONE): _S.ROLLED_BACK,
        (_S.ROLLING_BACK, _E.FAILED): _S.ROLLING_BACK,  # every undo may run again
        (_S.ROLLING_BACK, _E.GIVEN_UP): _S.ROLLBACK_FAILED,
        (_S.ROLLBACK_FAILED, _E.TAKEN_BACK): _S.ROLLING_BACK,  # a person has mended what was in the way
    }
)

ENDED = frozenset({_S.CLEAN, _S.ABANDONED, _S.ROLLED_BACK, _S.ROLLBACK_FAILED})
UNTOUCHED = frozenset({_S.PLANNED, _S.STAGING, _S.STAGED})  # a crash here leaves the product as it was
TRIES_BACK = 3


def advance(state: PatchState, event: PatchEvent) -> PatchState:
    """The state after `event`; `IllegalEvent` when the table has no such step.

    >>> advance(PatchState.STARTED, PatchEvent.FAILED).value
    'rolling_back'
    """
    after = TABLE.get((state, event))
    if after is None:
        raise IllegalEvent(state, event)
    return after

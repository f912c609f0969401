"""Where a patch stands, and what is missing, as words for people."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from collector.patches.applicability import Applicability, Reason, Verdict
from collector.patches.model import Progress
from remediation.patch.state import PatchState
from wire.sentence import Sentence, sentence

STATE_WORDS = MappingProxyType(
    {
        Applicability.NOT_AFFECTED: sentence("not affected"),
        Applicability.APPLICABLE: sentence("would help"),
        Applicability.INSTALLABLE_NOW: sentence("can be installed now"),
        Applicability.BLOCKED: sentence("blocked"),
        Applicability.INSTALLED: sentence("installed"),
        Applicability.ROLLED_BACK: sentence("rolled back"),
        Applicability.DECLINED: sentence("declined by the customer"),
        Applicability.DEFERRED: sentence("put off by the customer"),
        Applicability.UNKNOWN: sentence("not known"),
    }
)

PROGRESS_WORDS = MappingProxyType(
    {
        Progress.ASKED: sentence("asked for"),
        Progress.NOT_APPROVED: sentence("waits for the customer's approval"),
        Progress.WINDOW: sentence("waits for the customer's window"),
        Progress.APPROVED: sentence("approval on its way"),
        Progress.DONE: sentence("applied"),
        Progress.ROLLED_BACK: sentence("rolled back"),
        Progress.LOST: sentence("outcome unknown"),
    }
)

STEP_WORDS = MappingProxyType(
    {
        PatchState.PLANNED: sentence("checked"),
        PatchState.STAGING: sentence("unpacking"),
        PatchState.STAGED: sentence("unpacked"),
        PatchState.BACKED_UP: sentence("saved"),
        PatchState.QUIESCED: sentence("services stopped"),
        PatchState.DB_SNAPPED: sentence("databases saved"),
        PatchState.MIGRATED: sentence("databases changed"),
        PatchState.SWITCHED: sentence("files switched"),
        PatchState.STARTED: sentence("services started"),
        PatchState.COMMITTED: sentence("committed"),
        PatchState.CLEAN: sentence("done"),
        PatchState.ABANDONED: sentence("given up, nothing touched"),
        PatchState.ROLLING_BACK: sentence("being taken back"),
        PatchState.ROLLED_BACK: sentence("taken back"),
        PatchState.ROLLBACK_FAILED: sentence("could not be taken back"),
    }
)

_PLAIN = MappingProxyType(
    {
        Reason.VERSION: sentence("the host could not find out its version"),
        Reason.WITHDRAWN: sentence("the vendor publishes it no more"),
        Reason.BACKUP: sentence("no good backup of the last 48 hours"),
        Reason.APPROVAL: sentence("waits for the customer's approval"),
        Reason.WINDOW: sentence("waits for the customer's window"),
        Reason.SILENT: sentence("the host is not heard"),
        Reason.LOST: sentence("the host has not said how the attempt ended"),
        Reason.DISK_UNKNOWN: sentence("the room on its disk is not known yet"),
    }
)


_NAMED = MappingProxyType(
    {
        Reason.REQUIRES: sentence("needs the patch {detail} first"),
        Reason.CONFLICT: sentence("excludes the patch {detail}, which is there"),
        Reason.AGENT: sentence("needs an agent of version {detail}"),
        Reason.DISK: sentence("not enough room on {detail}"),
        Reason.ENTITLEMENT: sentence("not covered by the contract: {detail}"),
    }
)


def step_words(state: str) -> Sentence:
    """A state that a patch has passed on a host; an unknown one as it is."""
    return STEP_WORDS[PatchState(state)] if state in set(PatchState) else sentence("{state}", state=state)


def reason_words(verdict: Verdict) -> Sentence | None:
    """Why; None where the state says it all."""
    if verdict.reason is None:
        return None
    found = _NAMED.get(verdict.reason)
    return _PLAIN[verdict.reason] if found is None else replace(found, values={"detail": verdict.detail})

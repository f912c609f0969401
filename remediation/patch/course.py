"""One attempt to apply a patch, from the first check to the end, whichever it is.

The loop is one line: enter a state durably, do its step, look the next state up in the table. Everything that a step
may touch can be done again, so that recovery after a crash is the same loop from the newest record on:

- nothing of the product was touched yet: what was staged goes away, the old version runs on;
- from the stopping of services to the gate: everything is taken back, whatever was done of it;
- after `COMMITTED`: the rest is tidying.

Taking back never asks how far the attempt came. It does all of it: services stand still, the old files are in
place, the databases are as they were saved or stepped back, and the services that ran before run again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from remediation.patch.databases.ways import goes_back_by_restoring
from remediation.patch.errors import PatchRefused, StepFailed
from remediation.patch.journal import Journal
from remediation.patch.layouts.port import Files, Payload
from remediation.patch.manifest import Manifest
from remediation.patch.port import Backups, Databases, Judge, Services
from remediation.patch.state import ENDED, TRIES_BACK, UNTOUCHED, PatchEvent, PatchState, advance
from wire.sentence import Sentence, sentence

RUNNING: Final = "running"  # in the record PLANNED: services that ran, by name
BEFORE: Final = "before"  # what the gate compares with
SNAPSHOT: Final = "snapshot"  # in the record STAGED's successor: id of the site's backup
REASON: Final = "reason"
TRY: Final = "try"


@dataclass(frozen=True)
class Host:
    """What an attempt may use. `may_stop` says why the services may not stop now; empty: they may."""

    files: Files
    services: Services
    databases: Databases
    judge: Judge
    backups: Backups
    may_stop: Callable[[], Sentence | None]
    kept: Path  # for what is saved of databases; on a disk with room


class Course:
    """One attempt; `payload` is None when only the way back, or tidying, is left."""

    def __init__(self, manifest: Manifest, journal: Journal, host: Host, payload: Payload | None = None) -> None:
        self._manifest = manifest
        self._journal = journal
        self._host = host
        self._payload = payload
        self._noted: dict[str, Any] = {}
        self._steps: Mapping[PatchState, Callable[[], None]] = MappingProxyType(
            {
                PatchState.PLANNED: host.files.check,
                PatchState.STAGING: self._stage,
                PatchState.STAGED: self._back_up,
                PatchState.BACKED_UP: self._stop_services,
                PatchState.QUIESCED: self._save_databases,
                PatchState.DB_SNAPPED: self._migrate,
                PatchState.MIGRATED: host.files.switch,
                PatchState.SWITCHED: self._start_services,
                PatchState.STARTED: self._judge,
                PatchState.COMMITTED: self._tidy,
                PatchState.ROLLING_BACK: self._take_back,
            }
        )

    # ------------------------------------------------------------ from outside

    def apply(self) -> PatchState:
        """Begin and go to the end. `PatchRefused` when nothing was begun."""
        if self._journal.records:
            raise PatchRefused(sentence("this attempt was begun already"))
        self._host.backups.check()
        if self._manifest.database:
            self._host.databases.check(self._manifest.database, self._host.kept)
        self._host.files.check()
        running = [service.name for service in self._manifest.services if self._host.services.is_running(service)]
        before = self._host.judge.before(self._manifest.gate)
        self._journal.enter(PatchState.PLANNED, {RUNNING: running, BEFORE: before})
        return self._go()

    def recover(self) -> PatchState | None:
        """Bring an attempt that a crash cut off to an end; None when there was nothing to do."""
        state = self._journal.state
        if state is None or state in ENDED:
            return None
        if state in {PatchState.COMMITTED, PatchState.ROLLING_BACK}:
            return self._go()
        self._fail(state, sentence("the host went down, or the process was ended"))
        return self._go()

    def take_back(self, reason: Sentence, *, may_lose_writes: bool = False) -> PatchState:
        """A person wants the version before; only for an attempt that ended in `CLEAN` or needs another try.

        `may_lose_writes`: also where databases go back to what they were before the patch, with all that customers
        have written since.
        """
        state = self._journal.state
        if state is None:
            raise PatchRefused(sentence("there is nothing to take back"))
        restored = [step.name for step in self._manifest.database if goes_back_by_restoring(step)]
        if state is PatchState.CLEAN and restored and not may_lose_writes:
            raise PatchRefused(
                sentence("the step {step} goes back only by the database saved before the patch, and what was written"
                         " since would be lost", step=restored[0])
            )  # fmt: skip
        self._journal.enter(advance(state, PatchEvent.TAKEN_BACK), {REASON: str(reason), TRY: 1})
        return self._go()

    # ------------------------------------------------------------ the loop

    def _go(self) -> PatchState:
        while (state := self._journal.state) not in ENDED:
            assert state is not None  # noqa: S101  # something was entered
            self._noted = {}
            try:
                self._steps[state]()
            except (StepFailed, PatchRefused) as failure:
                self._fail(state, failure.why)
            except OSError as error:
                self._fail(state, sentence("{problem}", problem=str(error)))
            else:
                self._journal.enter(advance(state, PatchEvent.DONE), self._noted)
        return state

    def _fail(self, state: PatchState, why: Sentence) -> None:
        body: dict[str, Any] = {REASON: str(why), "in": state.value, TRY: 1}
        if state in UNTOUCHED:
            body |= self._abandon()
        if state is PatchState.COMMITTED:
            raise StepFailed(why)  # the patch counts; tidying is tried again at the next recovery
        if state is PatchState.ROLLING_BACK:
            tried = int(self._newest(TRY) or 1)
            event = PatchEvent.GIVEN_UP if tried >= TRIES_BACK else PatchEvent.FAILED
            self._journal.enter(advance(state, event), {REASON: str(why), TRY: tried + 1})
            return
        self._journal.enter(advance(state, PatchEvent.FAILED), body)

    def _abandon(self) -> dict[str, str]:
        """Nothing of the product was touched. What cannot be removed now is only room on the disk."""
        try:
            self._host.files.abandon()
        except (StepFailed, OSError) as failure:
            return {"left": str(failure)}
        return {}

    def _newest(self, name: str) -> Any:
        return next((record.body[name] for record in reversed(self._journal.records) if name in record.body), None)

    # ------------------------------------------------------------ steps

    def _stage(self) -> None:
        if self._manifest.payload is None and not self._manifest.files:
            return
        if self._payload is None:
            raise StepFailed(sentence("the files of the patch are not here any more"))
        self._host.files.stage(self._payload)

    def _back_up(self) -> None:
        self._noted = {SNAPSHOT: self._host.backups.save(self._manifest.id)}
        why_not = self._host.may_stop()  # the last moment at which giving up costs the services nothing
        if why_not is not None:
            raise StepFailed(why_not)

    def _stop_services(self) -> None:
        services = self._host.services
        services.hold(self._manifest.services)
        for service in self._manifest.services:
            if service.name in self._were_running():
                services.stop(service)
        self._host.files.recheck()

    def _save_databases(self) -> None:
        if self._manifest.database:
            self._host.databases.save(self._manifest.database, self._host.kept)

    def _migrate(self) -> None:
        if self._manifest.database:
            self._host.databases.forward(self._manifest.id, self._manifest.database, self._host.kept)

    def _start_services(self) -> None:
        self._host.services.let_go(self._manifest.services)
        for service in reversed(self._manifest.services):
            if service.name in self._were_running():
                self._host.services.start(service)

    def _judge(self) -> None:
        wrong = self._host.judge.judge(self._manifest.gate, dict(self._newest(BEFORE) or {}))
        if wrong:
            raise StepFailed(sentence("it is not well: {problems}", problems="; ".join(wrong)))

    def _tidy(self) -> None:
        self._host.services.let_go(self._manifest.services)
        self._host.files.tidy()

    def _take_back(self) -> None:
        """Everything, however far the attempt came; each part may run again."""
        services = self._host.services
        services.hold(self._manifest.services)
        for service in self._manifest.services:
            if services.is_running(service):
                services.stop(service)
        if self._may_have(PatchState.MIGRATED):
            self._host.files.switch_back()
        if self._may_have(PatchState.DB_SNAPPED) and self._manifest.database:
            self._host.databases.backward(self._manifest.id, self._manifest.database, self._host.kept)
        services.let_go(self._manifest.services)
        for service in reversed(self._manifest.services):
            if service.name in self._were_running():
                services.start(service)
        if not self._may_have(PatchState.COMMITTED):
            self._host.files.abandon()

    def _may_have(self, state: PatchState) -> bool:
        """Whether the step of this state may have begun."""
        return self._journal.find(state) is not None

    def _were_running(self) -> frozenset[str]:
        planned = self._journal.find(PatchState.PLANNED)
        return frozenset(planned.body.get(RUNNING, ()) if planned is not None else ())

"""The loop of bundles: redact what the executor gathered, tell it what became of it, send what was released.

What happens at a crash
-----------------------
- before the bundle is written: it is redacted again from the executor's pieces, to the same bytes;
- before the executor was told: it is told again, which it records once; the raw pieces go then;
- in the middle of sending: the collector says how much it has, and the rest is sent.

A release reaches the executor's audit chain before the first byte leaves. Nobody on the network can bring a
bundle here: `add` is called for a result of the executor alone, which is behind both signatures.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from agent.bundles.redacting import Incomplete, redact_bundle
from agent.bundles.state import FINAL, BundleState, IllegalStep, Step
from agent.bundles.store import BundleStore, Record
from agent.redaction.redactor import Redactor
from remediation.executor.client import ExecutorRefused, NoExecutor
from remediation.executor.model import BundleIndex, BundleNoted
from remediation.executor.questions import Became

WAITING_S: Final = 2.0  # with a bundle here: a local `release` wakes nobody
IDLE_S: Final = 60.0
NOBODY_S: Final = 5.0
FULL_S: Final = 60.0

_log = logging.getLogger("sitewarden")
_TOLD: Final[dict[BundleState, Became]] = {
    BundleState.REDACTED: "redacted",
    BundleState.RELEASED: "released",
    BundleState.DROPPED: "dropped",
    BundleState.FAILED: "failed",
}


class Executor(Protocol):
    """The executor as it is asked here (remediation.executor.client)."""

    def bundle_index(self, digest: str) -> BundleIndex:
        """What a bundle holds."""

    def bundle_piece(self, digest: str, number: int, offset: int) -> bytes:
        """Raw bytes of one piece."""

    def bundle_note(self, digest: str, became: Became, sha256: str | None = None) -> BundleNoted:
        """Record what became of it."""


class Sender(Protocol):
    """Brings a released bundle to the collector."""

    def send(self, store: BundleStore, record: Record) -> float:
        """Send one piece of it; seconds until the next."""


class BundleTask:
    """One turn looks after every bundle that is here."""

    def __init__(
        self,
        state: Path,
        executor: Executor,
        *,
        redactor: Callable[[], Redactor],
        host: Callable[[], str],
        sender: Sender | None = None,
    ) -> None:
        self.store = BundleStore(state)
        self._executor = executor
        self._redactor = redactor
        self._host = host
        self._sender = sender
        self.problem = ""

    def add(self, digest: str, ticket: str) -> None:
        """The executor has gathered a bundle; durable when this returns."""
        if self.store.add(digest, ticket):
            _log.info("a support bundle was gathered: %s", digest)

    def turn(self) -> float:
        """Seconds until the next turn."""
        try:
            waits = [self._look_after(record) for record in self.store.records()]
        except NoExecutor as nobody:
            self.problem = str(nobody)
            return NOBODY_S
        except OSError as error:
            self.problem = f"a bundle cannot be written: {error.strerror}"
            _log.warning("%s", self.problem)
            return FULL_S
        self.problem = ""
        return min(waits, default=IDLE_S)

    def _look_after(self, record: Record) -> float:
        if record.state is BundleState.COLLECTED:
            record = self._redact(record)
        record = self._tell(record)
        if record.state in {BundleState.RELEASED, BundleState.SENDING} and self._sender is not None:
            return self._sender.send(self.store, record)
        return IDLE_S if record.state in FINAL else WAITING_S

    def _redact(self, record: Record) -> Record:
        path = self.store.content(record.digest)
        try:
            index = self._executor.bundle_index(record.digest)
            sha256, size = redact_bundle(index, self._executor, self._redactor(), path, self._host())
            record = self.store.step(record.digest, Step.REDACT, sha256=sha256, size=size)
            record = self._tell(record)
            return self.store.step(record.digest, Step.RELEASE) if index.is_automatic else record
        except (ExecutorRefused, Incomplete) as problem:
            _log.warning("a support bundle failed: %s", problem)
            return self.store.step(record.digest, Step.FAIL, problem=str(problem)[:200])
        except IllegalStep:  # it was dropped meanwhile
            return self.store.record(record.digest)

    def _tell(self, record: Record) -> Record:
        """What became of it, into the executor's chain; once for each state."""
        became = _TOLD.get(record.state)
        if became is None or became == record.told:
            return record
        try:
            self._executor.bundle_note(record.digest, became, record.sha256 or None)
        except ExecutorRefused as refused:
            if record.state is BundleState.RELEASED:
                return self.store.step(record.digest, Step.FAIL, problem=str(refused)[:200])
        return self.store.note_told(record.digest, became)

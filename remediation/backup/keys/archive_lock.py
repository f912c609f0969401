"""The keys of an archive as `changing.Lock`: which object of the target is opened by the key that we hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from remediation.backup.engines.archive.engine import ArchiveEngine
from remediation.backup.engines.archive.keyring import Recipient, unwrap
from remediation.backup.engines.targets.port import MARKER
from remediation.backup.errors import TargetRefused
from wire.sentence import sentence

Open = Callable[[bytes], ArchiveEngine]


@dataclass(frozen=True)
class ArchiveLock:
    """One archive, opened with one key."""

    engine: ArchiveEngine

    def recipients(self) -> list[str]:
        """Names of what opens it."""
        return self.engine.recipients()

    def admit(self, secret: bytes) -> str:
        """Let one more key open it."""
        return self.engine.admit(Recipient(secret))

    def expel(self, name: str) -> None:
        """Let one key open it no more."""
        self.engine.expel(name)

    def opened_by(self) -> str:
        """The name of our key; `TargetRefused` when it opens nothing here."""
        marker = msgspec.json.decode(self.engine.target.get(MARKER), type=dict[str, object])
        for name in self.engine.recipients():
            if unwrap(self.engine.target.get(name), self.engine.recipient, str(marker["id"])) is not None:
                return name
        raise TargetRefused(sentence("this key does not open {path}", path=self.engine.target.where))

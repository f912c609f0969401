"""The keys of a restic repository as `changing.Lock`: each wraps the same master key, named by its id.

A restic key that is expelled opens nothing any more; the master key that it opened stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec

from remediation.backup.engines.restic import output
from remediation.backup.engines.restic.engine import ResticEngine
from remediation.backup.errors import TargetRefused
from remediation.backup.keys.spelling import one_word
from wire.sentence import sentence


@dataclass(frozen=True)
class ResticLock:
    """One repository, opened with one key."""

    engine: ResticEngine

    def recipients(self) -> list[str]:
        """Names of what opens it."""
        return [str(key["id"]) for key in self._keys()]

    def admit(self, secret: bytes) -> str:
        """Let one more key open it."""
        ran = self.engine.caller.run("key", "add", new_key=one_word(secret))
        if not ran.is_success:
            raise output.failure_of(ran.complaint or str(ran), self.engine.place.where)
        return ResticLock(replace(self.engine, key=one_word(secret))).opened_by()

    def expel(self, name: str) -> None:
        """Let one key open it no more."""
        ran = self.engine.caller.healed("key", "remove", name)
        if not ran.is_success:
            raise output.failure_of(ran.complaint or str(ran), self.engine.place.where)

    def opened_by(self) -> str:
        """The name of our key; `TargetRefused` when it opens nothing here."""
        for key in self._keys():
            if key.get("current"):
                return str(key["id"])
        raise TargetRefused(sentence("this key does not open {path}", path=self.engine.place.where))

    def _keys(self) -> list[Any]:
        ran = self.engine.caller.must("key", "list", "--json", "--no-lock")
        found = msgspec.json.decode(ran.output)
        return found if isinstance(found, list) else []

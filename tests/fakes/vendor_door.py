"""A transport that serves a published folder as a collector does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agent.uplink.port import Answer, Unreachable
from agent.vendor.fetching import PREFIX
from wire.sentence import sentence


class VendorDoor:
    """`status` replaces every answer; `is_closed` lets nobody in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.status = 200
        self.is_shut = False
        self.extra = b""
        self.asked: list[str] = []
        self.closed = 0

    def get(self, path: str) -> Answer:
        """The file of that name."""
        self.asked.append(path)
        if self.is_shut:
            raise Unreachable(sentence("the collector cannot be reached: {problem}", problem="shut"), maybe_sent=False)
        file = self.folder / path.removeprefix(PREFIX)
        if self.status == 200 and not file.is_file():
            return Answer(404, {}, b"")
        return Answer(self.status, {}, file.read_bytes() + self.extra if self.status == 200 else b"")

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Not asked here."""
        raise AssertionError(path)

    def close(self) -> None:
        """Count it."""
        self.closed += 1

"""A transport that serves a published folder as a collector does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agent.uplink.port import NO_HEADERS, Answer, Unreachable
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
        self.heads: list[dict[str, str]] = []
        self.answers: list[Answer] = []  # given first, one a question
        self.closed = 0

    def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS) -> Answer:
        """The file of that name."""
        self.asked.append(path)
        self.heads.append(dict(headers))
        if self.is_shut:
            raise Unreachable(sentence("the collector cannot be reached: {problem}", problem="shut"), maybe_sent=False)
        if self.answers:
            return self.answers.pop(0)
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

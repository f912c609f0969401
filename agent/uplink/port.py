"""The one door to the network, and what can happen there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from wire.sentence import Sentence

NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True)
class Answer:
    """What came back: header names in lower case, the body whole and within its limit.

    `repeated`: a kept connection broke before any answer and the request was sent once more, so the
    other side may have had it before: a duplicate is no surprise then.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    repeated: bool = False


class Unreachable(Exception):
    """No answer. `maybe_sent` says whether the request may have reached the other side all the same."""

    def __init__(self, why: Sentence, *, maybe_sent: bool) -> None:
        super().__init__(str(why))
        self.why = why
        self.maybe_sent = maybe_sent


class Transport(Protocol):
    """Requests to one collector. Permanent and passing trouble alike raise `Unreachable`.

    An implementation ends every call within its deadline, follows no redirect, and gives back an
    answer of any status.
    """

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send `body` to `path` and wait for the answer."""

    def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS) -> Answer:
        """Ask for `path`."""

    def close(self) -> None:
        """Drop the kept connections."""


class HeldTransport(Transport, Protocol):
    """A transport whose answers may take long."""

    def hang_up(self) -> None:
        """End the call under way, from another thread; it raises `Unreachable`."""

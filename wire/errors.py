"""Errors of the wire, named for what the caller does next.

WireError
├── Malformed          the bytes are not a message: refuse them, do not retry
├── TooLarge           a limit was passed: split or refuse
├── SignatureRefused   not provably from who it claims: refuse, `reason` says why
└── TextRefused        a file that a person wrote is wrong: `faults` names each place
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wire.sentence import Sentence


class WireError(Exception):
    """Root of everything this package raises on purpose."""


class Malformed(WireError):
    """The bytes are not a message of this protocol."""


class TooLarge(WireError):
    """A limit of the wire was passed; the message names limit and size."""


class SignatureFault(StrEnum):
    """Why a signature was refused; the value crosses the wire in an error body."""

    ABSENT = "signature_absent"
    FORM = "signature_form"
    KEY = "key_unknown"
    WRONG = "signature_wrong"
    DIGEST = "digest_wrong"
    CLOCK = "clock_skew"
    AUDIENCE = "audience_wrong"


class SignatureRefused(WireError):
    """A request or response is not provably from who it claims to be."""

    def __init__(self, reason: SignatureFault, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a text file that a person wrote; line and column count from 1, 0 is the whole file."""

    line: int
    column: int
    problem: Sentence

    def __str__(self) -> str:
        """`12:5: level is 7, expected 1 to 4`."""
        return f"{self.line}:{self.column}: {self.problem}" if self.line else str(self.problem)


class TextRefused(WireError):
    """A YAML file (catalogue, settings, rules) is wrong; nothing of it is used and every fault is listed."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults

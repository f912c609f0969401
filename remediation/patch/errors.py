"""What stands in the way of a patch, by what happens next.

PatchError
├── PatchRefused     nothing was touched; the reason says what has to change
├── StepFailed       a step did not work; everything that was touched is taken back
└── RollbackFailed   taking back did not work either: services stay stopped, a person has to act
"""

from __future__ import annotations

from wire.sentence import Sentence


class PatchError(Exception):
    """Something that people are told."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


class PatchRefused(PatchError):
    """It is not applied here, or not now."""


class StepFailed(PatchError):
    """One step of the way did not work."""


class RollbackFailed(PatchError):
    """The way back did not work; the words say which steps are left to do by hand."""

"""Which kind of ticket a fingerprint opens; pure."""

from __future__ import annotations

from typing import Final, Protocol

from collector.tickets.desk.model import (
    CALENDAR_CODE,
    FLEET_MODULE,
    KIND_INTERNAL,
    KIND_OVERFLOW,
    KIND_SILENT,
    KIND_STORM,
    MASS_SILENCE_CODE,
    OVERFLOW_CODE,
    SILENT_CODE,
    SITE_MODULE,
    STORM_CODE,
)

_KINDS: Final = {
    (SITE_MODULE, STORM_CODE): KIND_STORM,
    (SITE_MODULE, OVERFLOW_CODE): KIND_OVERFLOW,
    (SITE_MODULE, SILENT_CODE): KIND_SILENT,
    (FLEET_MODULE, MASS_SILENCE_CODE): KIND_INTERNAL,
    (FLEET_MODULE, CALENDAR_CODE): KIND_INTERNAL,
}


class Named(Protocol):
    """Something with a module and a code."""

    @property
    def module(self) -> str:
        """The module's code."""

    @property
    def code(self) -> str:
        """The error code."""


def kind_of(subject: Named) -> str:
    """The kind of its tickets."""
    return _KINDS.get((subject.module, subject.code), "fault")

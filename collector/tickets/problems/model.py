"""Problems as pages and programs see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collector.tickets.desk.model import Problem

TEXT_CHARS = 2_000
VERSION_CHARS = 128
CHILDREN = 500


@dataclass(frozen=True)
class ProblemRecord:
    """One problem. `reopened` counts tickets that were opened again after it was closed."""

    problem: Problem
    open_tickets: int
    tickets: int
    reopened: int


@dataclass(frozen=True)
class ProblemEvent:
    """One line of a problem's log."""

    id: int
    at: datetime
    actor: str
    kind: str
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Child:
    """A ticket of a problem, or of another ticket."""

    id: int
    number: str
    site: str
    site_name: str
    code: str
    level: int
    status: str
    count: int
    opened_at: datetime
    reopen_count: int
    tz: str

    @property
    def is_open(self) -> bool:
        """Whether it still wants something."""
        return self.status not in ("resolved", "closed", "cancelled", "merged")

"""What `Store` needs of one kind of database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine

WRITING = "writing"  # the execution option of a transaction that writes; an engine's `begin` event looks at it


@dataclass(frozen=True)
class Backend:
    """An engine whose `begin` event takes the write lock where `WRITING` is set."""

    name: str  # what a person is told: a path, or an address without a password
    engine: Engine
    reading: Mapping[str, Any] = field(default_factory=dict)  # execution options of a transaction that only reads
    is_shared: bool = False  # other machines may use it: background work asks who leads

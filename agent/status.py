"""What the running agent writes about itself for `status`: one small file, replaced whole.

The file is not flushed to disk: it is written whenever something has changed and describes a process.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from agent.durable import write_durably
from agent.followed import Followed
from agent.told import Told

FILE_NAME: Final = "status.json"


class VendorState(Struct, frozen=True, kw_only=True):
    """What this host believes of its vendor; root version 0 where nothing is believed."""

    root_version: int = 0
    is_rooted: bool = False  # a root is there although nothing more can be read
    expires_at: str = ""
    refreshed_at: str = ""
    warnings: list[Told] = []
    refusals: list[Told] = []


class PatchFiles(Struct, frozen=True, kw_only=True):
    """The files of a patch that are being fetched, or came last; `refused` counts what was not what it had to be."""

    patch: str = ""
    digest: str = ""
    here_bytes: int = 0
    all_bytes: int = 0
    refused: int = 0
    problem: Told | None = None


class BudgetState(Struct, frozen=True, kw_only=True):
    """How much of each allowance is used (1 is all of it), what is reported, and what was left out of it lately."""

    step: str = ""
    cpu_used: float = 0.0
    bytes_used: float = 0.0
    events_used: float = 0.0
    withheld: int = 0


class Status(Struct, frozen=True, kw_only=True):
    """The running agent, as it wrote it at `written_at` (ISO 8601, UTC)."""

    pid: int
    version: str
    started_at: str
    written_at: str
    session: int
    settings: str
    state: str = ""
    collector: str = ""
    enrolled_as: str = ""
    site: str = ""
    delivery: str = ""
    problem: Told | None = None
    settings_problems: list[Told] = []
    last_ack_at: str = ""
    generation: str = ""
    epoch: str = ""
    sealed: int = 0
    mark: int = 0
    waiting_records: int = 0
    spool_bytes: int = 0
    spool_full: bool = False
    memory_records: int = 0  # of the agent itself, waiting until the disk takes them
    gaps: int = 0
    parked: int = 0
    clock_offset_s: float = 0.0
    interval_s: float = 0.0
    rss_bytes: int = 0
    cpu_seconds: float = 0.0
    unknown_documents: list[str] = []  # refused: unknown here, or not what they claimed
    waiting_documents: int = 0
    executor_problem: str = ""
    vendor: VendorState = VendorState()
    patch_files: PatchFiles = PatchFiles()
    budgets: BudgetState = BudgetState()
    failing_loops: list[str] = []
    sources: list[Followed] = []


def says_the_same(status: Status, other: Status | None) -> bool:
    """Whether two differ in nothing but when they were written and what was used up meanwhile."""
    if other is None:
        return False
    used = other.budgets
    budgets = replace(status.budgets, cpu_used=used.cpu_used, bytes_used=used.bytes_used, events_used=used.events_used)
    passing = {"written_at": other.written_at, "rss_bytes": other.rss_bytes, "cpu_seconds": other.cpu_seconds}
    return replace(status, budgets=budgets, **passing) == other


def write_status(folder: Path, status: Status) -> None:
    """Replace the status file; a full disk is no reason to stop."""
    with contextlib.suppress(OSError):
        write_durably(folder / FILE_NAME, msgspec.json.format(msgspec.json.encode(status), indent=1), flush=False)


def read_status(folder: Path) -> Status | None:
    """The last status written; None when there is none that can be read."""
    try:
        return msgspec.json.decode((folder / FILE_NAME).read_bytes(), type=Status)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None

"""A mark beside the spool: that there was one, and how often the agent was started.

When the spool file is lost, the count of starts must go on all the same: the collector takes two
agents with one key and crossing counts for a cloned machine.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from agent.durable import write_durably


def read_mark(path: Path) -> int:
    """How often the agent was started, 0 when there is no (readable) mark."""
    try:
        session = json.loads(path.read_bytes())["session"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return session if isinstance(session, int) and session > 0 else 0


def write_mark(path: Path, *, epoch: str, session: int) -> None:
    """Replace the mark; on a full disk the count in the spool itself still stands."""
    with contextlib.suppress(OSError):
        write_durably(path, json.dumps({"epoch": epoch, "session": session}).encode())

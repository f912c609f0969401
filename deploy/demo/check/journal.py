"""The applications' logs as the check reads them: with plain text search, not with a catalogue."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from deploy.demo.check.plan import LINES

STAMP = "%Y-%m-%d %H:%M:%S,%f"
STAMP_CHARS = len("2026-11-24 10:00:00,123")


def count_lines(path: Path, text: str) -> int:
    """How many lines of the log hold `text`."""
    with path.open(encoding="utf-8") as lines:
        return sum(text in line for line in lines)


def count_codes(path: Path) -> dict[str, int]:
    """How many lines the log has for each code."""
    counts = dict.fromkeys(LINES, 0)
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            for code, text in LINES.items():
                counts[code] += text in line
    return counts


def written_at(path: Path, text: str, zone: str) -> float | None:
    """When the first line with `text` was written, by its own time: seconds since 1970."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if text in line:
                return datetime.strptime(line[:STAMP_CHARS], STAMP).replace(tzinfo=ZoneInfo(zone)).timestamp()
    return None

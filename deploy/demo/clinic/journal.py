"""The application's log: one file, one line format, stack traces below the line that they belong to."""

from __future__ import annotations

import logging
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)s [%(name)s] %(message)s"


def open_log(path: Path) -> logging.Handler:
    """Send every module's logger to `path`; times are local, `2026-11-24 10:00:00,123`."""
    target = logging.FileHandler(path, encoding="utf-8")
    target.setFormatter(logging.Formatter(FORMAT))
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.addHandler(target)
    return target

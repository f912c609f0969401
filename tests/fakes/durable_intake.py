"""A spool in one file of JSON lines: one deposit a line, so that a killed process leaves whole deposits."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import msgspec

from agent.spool.port import Cursor, Deposit
from tests.fakes.intake import MemoryIntake
from wire.messages import Event, Gap


class FileIntake(MemoryIntake):
    """Reads what earlier processes stored, and appends; a torn last line was never stored."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        for line in lines:
            if line.endswith(b"\n"):
                super().deposit(_deposit(json.loads(line)))
                self._sources.add("app")
        if lines and not lines[-1].endswith(b"\n"):
            path.write_bytes(b"".join(lines[:-1]))

    def deposit(self, deposit: Deposit) -> None:
        line = {
            "events": msgspec.to_builtins(list(deposit.events)),
            "gaps": msgspec.to_builtins(list(deposit.gaps)),
            "cursors": [asdict(cursor) for cursor in deposit.cursors],
            "forgotten": [asdict(cursor) for cursor in deposit.forgotten],
        }
        with self._path.open("ab", buffering=0) as file:
            file.write(json.dumps(line).encode() + b"\n")
        super().deposit(deposit)


def _deposit(line: dict[str, list[dict[str, object]]]) -> Deposit:
    return Deposit(
        events=msgspec.convert(line["events"], list[Event]),
        gaps=msgspec.convert(line["gaps"], list[Gap]),
        cursors=[msgspec.convert(cursor, Cursor) for cursor in line["cursors"]],
        forgotten=[msgspec.convert(cursor, Cursor) for cursor in line["forgotten"]],
    )

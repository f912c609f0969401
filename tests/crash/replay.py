"""Files made again from a trace of writes, as a power cut at one point of it could leave them."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

STEP = struct.Struct("<qqq40s")


@dataclass(frozen=True)
class Step:
    """One write (`W`), cut (`T`, `size` is the new length) or flush (`F`) of one file; or a promise.

    `P` is no step of the disk: the program said that everything up to number `offset` is stored.
    """

    kind: str
    name: str
    offset: int
    size: int
    data: bytes = b""

    @property
    def is_flush(self) -> bool:
        return self.kind == "F"


def promise(trace: Path, number: int) -> None:
    """Add to the trace that everything up to `number` is said to be stored."""
    with trace.open("ab") as file:
        file.write(STEP.pack(ord("P"), number, 0, b""))


def promised(steps: Sequence[Step]) -> int:
    """The last number that was said to be stored in these steps, 0 when there was none."""
    return max((step.offset for step in steps if step.kind == "P"), default=0)


def read_steps(trace: Path) -> list[Step]:
    raw, at, steps = trace.read_bytes(), 0, []
    while at < len(raw):
        kind, offset, size, name = STEP.unpack_from(raw, at)
        at += STEP.size
        length = size if chr(kind) == "W" else 0
        steps.append(Step(chr(kind), name.rstrip(b"\0").decode(), offset, size, raw[at : at + length]))
        at += length
    return steps


def rebuild(steps: Sequence[Step], folder: Path, chance: random.Random) -> None:
    """The files after these steps: what was flushed, and of what was not, each write by chance."""
    last_flush = {step.name: at for at, step in enumerate(steps) if step.is_flush}
    files: dict[str, bytearray] = {}
    for at, step in enumerate(steps):
        if step.kind == "P":
            continue
        content = files.setdefault(step.name, bytearray())
        if at > last_flush.get(step.name, -1) and chance.random() < 0.5:
            continue
        if step.kind == "W":
            content.extend(bytes(max(0, step.offset + step.size - len(content))))
            content[step.offset : step.offset + step.size] = step.data
        elif step.kind == "T":
            content[step.size :] = b""
            content.extend(bytes(step.size - len(content)))
    for name, content in files.items():
        if not name.endswith(
            ("-shm", "-journal")
        ):  # shared memory; and what is deleted once the log of writes is in use
            (folder / name).write_bytes(content)

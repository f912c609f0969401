"""Work that leaves holes in the heap, done in a child of this process that gives back nothing but bytes.

The child is a fork that starts no program: it drops every descriptor but its pipe, may use so much processor time and
memory and no more, writes and ends. A fork of a process with threads may run only what takes no lock of
another thread, so that it is handed pure functions alone.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable
from typing import Final

CHILD_CPU_S: Final = 120
CHILD_S: Final = 600  # however busy the host is: the parent waits for it
CHILD_ADDRESS_BYTES: Final = 2_000_000_000  # room to map what the parent has mapped
CHILD_NICENESS: Final = 10
PIECE_BYTES: Final = 65_536
_DESCRIPTORS: Final = 65_536


def made_apart(make: Callable[[], bytes], *, most: int) -> bytes | None:
    """What `make` gives, made in a child; None where it failed, was too much, or no child could be had."""
    back, there = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os.close(back)
        os.close(there)
        return None
    if pid == 0:
        live_and_end(lambda: _write_all(there, make()), spared=there)
    os.close(there)
    made = _read_most(back, most)
    _, ending = os.waitpid(pid, 0)
    return made if ending == 0 and len(made) <= most else None


def live_and_end(work: Callable[[], None], *, spared: int | None = None) -> None:
    """The child's whole life; it ends here whatever happens, and runs nothing of the parent's that ends a process."""
    code = 1
    try:
        end = 0 if spared is None else spared
        os.closerange(0, end)  # also the lock of the state folder: a child must not outlive its parent with it
        os.closerange(end + (spared is not None), _DESCRIPTORS)
        signal.alarm(CHILD_S)
        os.nice(CHILD_NICENESS)
        resource.setrlimit(resource.RLIMIT_CPU, (CHILD_CPU_S, CHILD_CPU_S))
        resource.setrlimit(resource.RLIMIT_AS, (CHILD_ADDRESS_BYTES, CHILD_ADDRESS_BYTES))
        work()
        code = 0
    finally:
        os._exit(code)


def _read_most(descriptor: int, most: int) -> bytes:
    """What comes, to its end or a little beyond `most`; a single read would set aside room for all of that at once."""
    made = bytearray()
    with os.fdopen(descriptor, "rb", buffering=0) as pipe:
        while len(made) <= most and (piece := pipe.read(PIECE_BYTES)):
            made += piece
    return bytes(made)


def _write_all(descriptor: int, content: bytes) -> None:
    with os.fdopen(descriptor, "wb") as pipe:
        pipe.write(content)

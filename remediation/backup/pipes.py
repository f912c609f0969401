"""The three pipes of a program, fed and read at the same time by one thread."""

from __future__ import annotations

import contextlib
import os
import selectors
from collections.abc import Callable, Generator, Iterator
from typing import IO, Final

COMPLAINT_BYTES: Final = 16 << 10
PIECE_BYTES: Final = 256 << 10
Three = tuple[IO[bytes] | None, IO[bytes] | None, IO[bytes] | None]


class Pipes:
    """Feeds and reads a program at the same time, so that neither side waits for the other for ever."""

    def __init__(self, pid: int, three: Three, feed: Iterator[bytes] | None) -> None:
        self._stdin, self._stdout, self._stderr = three
        self._feed = feed
        self._exit = os.pidfd_open(pid)
        self._waiting = memoryview(b"")
        self.complaint = bytearray()

    def until_end(self, left_s: Callable[[], float]) -> Generator[bytes, None, bool]:
        """Yield what it writes until it has ended and nothing is left to read; True when its time was over before."""
        with selectors.DefaultSelector() as ready:
            for pipe in (self._stdout, self._stderr, self._stdin):
                if pipe is not None:
                    os.set_blocking(pipe.fileno(), False)
                    ready.register(pipe, selectors.EVENT_WRITE if pipe is self._stdin else selectors.EVENT_READ)
            ready.register(self._exit, selectors.EVENT_READ)
            while (left := left_s()) > 0:
                keys = [key.fileobj for key, _ in ready.select(left)]
                is_over = self._exit in keys
                if self._stdin in keys and not self._write():
                    ready.unregister(self._stdin)
                    self._stdin.close()
                for pipe in (self._stderr, self._stdout):
                    if pipe is not None and (pipe in keys or is_over):
                        yield from self._read(pipe, ready, is_all=is_over)
                if is_over:
                    return False
        return True

    def _read(self, pipe: IO[bytes], ready: selectors.BaseSelector, *, is_all: bool) -> Iterator[bytes]:
        """One piece, or all that is there."""
        while not pipe.closed:
            try:
                piece = os.read(pipe.fileno(), PIECE_BYTES)
            except BlockingIOError:
                return
            if not piece:
                ready.unregister(pipe)
                pipe.close()
            elif pipe is self._stdout:
                yield piece
            else:
                self.complaint = (self.complaint + piece)[-COMPLAINT_BYTES:]
            if not is_all:
                return

    def _write(self) -> bool:
        """Give it what it takes now; False at the end of the feed, or when it wants no more."""
        assert self._stdin is not None  # noqa: S101  # a pipe was asked for
        while not self._waiting:
            piece = next(self._feed or iter(()), None)
            if piece is None:
                return False
            self._waiting = memoryview(piece)
        try:
            self._waiting = self._waiting[os.write(self._stdin.fileno(), self._waiting) :]
        except BlockingIOError:
            return True
        except BrokenPipeError:
            return False
        return True

    def close(self) -> None:
        """Close what is open."""
        for pipe in (self._stdin, self._stdout, self._stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        os.close(self._exit)

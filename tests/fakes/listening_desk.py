"""The exchange listener of a collector in this process, on a real socket of loopback, with quick time limits."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from collector.ingest.request import Limits
from collector.serving.listeners import Opened
from collector.serving.serve import _server
from collector.settings.model import Admission
from tests.fakes.exchange_desk import Desk, exchange_desk
from tests.fakes.signing_agent import Sent

QUICK: Final = Limits(deadline_s=1.0, grace_s=0.4, floor_bytes_s=1_000.0)
PATIENCE_S: Final = 10.0  # of a test, for everything that has to happen


@dataclass
class Wire:
    """One connection, byte by byte."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, content: bytes) -> None:
        self.writer.write(content)
        await self.writer.drain()

    async def rest(self) -> bytes:
        """What comes until the other side closes; then this side does."""
        content = await asyncio.wait_for(self.reader.read(), PATIENCE_S)
        await self.close()
        return content

    async def answer(self) -> tuple[int, bytes]:
        """Status and head of one answer; its body is read too."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
        lines = head.lower().split(b"\r\n")
        length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length"))
        await asyncio.wait_for(self.reader.readexactly(length), PATIENCE_S)
        return int(head.split()[1]), head

    async def close(self, *, rudely: bool = False) -> None:
        """End it; `rudely` with a reset instead of a goodbye."""
        if rudely:
            self.writer.transport.abort()
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


@dataclass
class Listening:
    """A desk and its port."""

    desk: Desk
    port: int

    async def connect(self) -> Wire:
        return Wire(*await asyncio.open_connection("127.0.0.1", self.port))

    async def post(self, sent: Sent) -> int:
        """One request on a connection of its own; its status."""
        wire = await self.connect()
        await wire.send(request(sent))
        status, _ = await wire.answer()
        await wire.close()
        return status


def request(sent: Sent) -> bytes:
    """A request as bytes."""
    fields = {"host": "c", **sent.headers, "content-length": str(len(sent.body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST {sent.path} HTTP/1.1\r\n{head}\r\n".encode() + sent.body


@asynccontextmanager
async def listening_desk(
    folder: Path, *, connections: int = 1_000, admission: Admission | None = None
) -> AsyncIterator[Listening]:
    """Serve until the block ends; time limits are `QUICK`, intervals real."""
    async with exchange_desk(folder, admission=admission, monotonic=time.monotonic) as desk:
        desk.app._limits = QUICK
        bound = socket.create_server(("127.0.0.1", 0), backlog=2_048)
        bound.setblocking(False)
        server = _server(desk.app, Opened(bound, "", None, None), connections, lifespan="off")
        running = asyncio.create_task(server.serve([bound]))
        await asyncio.wait_for(server.ready.wait(), PATIENCE_S)
        try:
            yield Listening(desk, bound.getsockname()[1])
        finally:
            server.should_exit = server.force_exit = True
            await asyncio.wait_for(running, PATIENCE_S)
            bound.close()


def play_on_sockets(
    folder: Path,
    story: Callable[[Listening], Awaitable[None]],
    *,
    connections: int = 1_000,
    admission: Admission | None = None,
) -> None:
    """Run a story; it ends within a minute, whatever it waits for."""

    async def whole() -> None:
        async with listening_desk(folder, connections=connections, admission=admission) as listening:
            await asyncio.wait_for(story(listening), 60)

    asyncio.run(whole())

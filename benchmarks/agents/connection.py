"""HTTP/1.1 over TLS as an agent speaks it: one kept connection, one request at a time.

`asyncio`'s own TLS keeps a quarter of a megabyte for each connection and three layers of callbacks;
ten thousand agents share two cores with the collector that they measure, so this is one protocol
with two memory buffers and nothing else.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass

HEAD_END = b"\r\n\r\n"
READ_BYTES = 65_536


@dataclass(frozen=True)
class Response:
    """Status, fields by lower-case name, whole body."""

    status: int
    fields: dict[str, str]
    body: bytes


class Connection(asyncio.Protocol):
    """One connection. `context` is None for plain HTTP."""

    def __init__(self, context: ssl.SSLContext | None, host: str) -> None:
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.is_open = True
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host) if context else None
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Response] | None = None
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._tls is None:
            self.ready.set_result(None)
        else:
            self._go_on()

    def data_received(self, data: bytes) -> None:
        """Decrypt, and settle the answer when it is whole."""
        try:
            if self._tls is None:
                self._received += data
            else:
                self._incoming.write(data)
                self._go_on()
        except ssl.SSLError as error:
            self.connection_lost(error)
            self.close()
            return
        if self._answer is not None and not self._answer.done() and (whole := self._parsed()) is not None:
            self._answer.set_result(whole)

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits is told."""
        self.is_open = False
        for waiting in (self.ready, self._answer):
            if waiting is not None and not waiting.done():
                waiting.set_exception(ConnectionResetError(str(exc or "closed")))

    def close(self) -> None:
        """Close without a farewell, as a host that loses its power."""
        self.is_open = False
        if self.ready.done() and not self.ready.cancelled():
            self.ready.exception()  # seen: nobody may be waiting for it
        if self._transport is not None:
            self._transport.abort()

    def send(self, raw: bytes) -> asyncio.Future[Response]:
        """Send a whole request; the future is its answer. `ConnectionResetError` when the connection is gone."""
        if not self.is_open or self._transport is None:
            raise ConnectionResetError("closed")
        self._answer = asyncio.get_running_loop().create_future()
        self.write(raw)
        return self._answer

    def write(self, raw: bytes) -> None:
        """Send bytes, perhaps only a part of a request."""
        if self._transport is None:
            return
        if self._tls is None:
            self._transport.write(raw)
        else:
            self._tls.write(raw)
            self._transport.write(self._outgoing.read())

    def _go_on(self) -> None:
        assert self._tls is not None
        try:
            if not self.ready.done():
                self._tls.do_handshake()
                self.ready.set_result(None)
            while chunk := self._tls.read(READ_BYTES):
                self._received += chunk
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLEOFError:
            self.connection_lost(None)
        if self._outgoing.pending and self._transport is not None:
            self._transport.write(self._outgoing.read())

    def _parsed(self) -> Response | None:
        end = self._received.find(HEAD_END)
        if end < 0:
            return None
        first, *lines = self._received[:end].decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        start = end + len(HEAD_END)
        size = int(fields.get("content-length", "0"))
        if len(self._received) < start + size:
            return None
        body = bytes(self._received[start : start + size])
        del self._received[: start + size]
        return Response(int(first.split(" ", 2)[1]), fields, body)


async def connect(host: str, port: int, context: ssl.SSLContext | None, source: str) -> Connection:
    """Connect from the loopback address `source` and finish the handshake."""
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(
        lambda: Connection(context, "localhost"), host, port, local_addr=(source, 0)
    )
    try:
        await connection.ready
    except BaseException:
        connection.close()
        raise
    return connection

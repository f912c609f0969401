from __future__ import annotations

import asyncio
import ssl
from asyncio import sslproto
from pathlib import Path

import pytest

from benchmarks.agents.certificates import CA, CERTIFICATE, KEY, make_certificates
from collector.serving.tls_memory import RECORD_BYTES, keep_little

BODY = bytes(range(256)) * 4_096  # a megabyte: many records


async def _echoed(folder: Path) -> tuple[bytes, int]:
    """What a TLS server on this loop received, and the size of its buffer."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(folder / CERTIFICATE, folder / KEY)
    received: asyncio.Future[tuple[bytes, int]] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = await reader.readexactly(len(BODY))
        received.set_result((body, len(writer.transport._ssl_protocol._ssl_buffer)))  # type: ignore[attr-defined]
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_side)
    port = server.sockets[0].getsockname()[1]
    context = ssl.create_default_context(cafile=folder / CA)
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost")
    writer.write(BODY)
    await writer.drain()
    whole = await received
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()
    return whole


def test_a_connection_keeps_one_record_and_takes_large_bodies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sslproto.SSLProtocol, "max_size", 262_144)  # undone afterwards
    make_certificates(tmp_path)
    assert asyncio.run(_echoed(tmp_path)) == (BODY, 262_144)
    keep_little()
    assert asyncio.run(_echoed(tmp_path)) == (BODY, RECORD_BYTES)

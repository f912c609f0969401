"""Answers on a kept connection leave at once: Nagle's algorithm is off on what the collector accepts."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing

from collector.serving.listeners import _bound
from collector.settings.model import Listener


def accepted_nodelay(listening: socket.socket) -> int:
    """What asyncio made of the option on a connection that this socket accepted."""
    seen: list[int] = []

    async def serve_one() -> None:
        done = asyncio.Event()

        def connected(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted: socket.socket = writer.get_extra_info("socket")
            seen.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()
            done.set()

        server = await asyncio.start_server(connected, sock=listening)
        _, writer = await asyncio.open_connection(*listening.getsockname()[:2])
        await asyncio.wait_for(done.wait(), 10)
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()

    asyncio.run(serve_one())
    return seen[0]


def test_the_collectors_connections_do_not_wait_for_acknowledgements() -> None:
    with closing(_bound(Listener(port=0))) as listening:
        assert accepted_nodelay(listening) == 1


def test_a_socket_without_its_protocol_would_wait() -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        assert accepted_nodelay(listening) == 0

"""The least that a durable, signed check-in can cost here: what the collector is compared with.

A bare ASGI function under the same uvicorn and httptools; the agent's signature and its five minutes are
checked, the frame is unpacked, envelope and records are decoded, and the raw batch is one row of a group
that is committed at synchronous=FULL before the 200. No dedupe, no tickets, no health, no signed receipt.

    python -m benchmarks.load.floor FOLDER AGENTS RECEIPT_KEY_ID LINGER_S
"""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn

from benchmarks.load.agents import key_id_of, key_of
from collector.serving.protocol import LimitedProtocol
from wire import enrolment, frame
from wire.envelope import decode_batch
from wire.messages import decode_record
from wire.signatures import Message, read_claim, verify

GROUP = 256


class RawWriter:
    """A queue, one thread, one commit a group."""

    def __init__(self, path: Path, linger_s: float) -> None:
        self._path, self._linger_s = path, linger_s
        self._queue: deque[tuple[bytes, asyncio.Future[None]]] = deque()
        self._changed = threading.Condition()
        threading.Thread(target=self._loop, daemon=True).start()

    def submit(self, body: bytes) -> asyncio.Future[None]:
        """The future is set after the commit."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._changed:
            self._queue.append((body, future))
            if len(self._queue) == 1:
                self._changed.notify()
        return future

    def _loop(self) -> None:
        database = sqlite3.connect(self._path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=4000"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("CREATE TABLE raw (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue)
            if self._linger_s:
                time.sleep(self._linger_s)
            with self._changed:
                group = [self._queue.popleft() for _ in range(min(GROUP, len(self._queue)))]
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO raw (body) VALUES (?)", [(body,) for body, _ in group])
            database.execute("COMMIT")
            group[0][1].get_loop().call_soon_threadsafe(_settle, group)


def _settle(group: list[tuple[bytes, asyncio.Future[None]]]) -> None:
    for _, future in group:
        if not future.done():
            future.set_result(None)


def app_of(writer: RawWriter, agents: int, receipt_key_id: str) -> Callable[..., Any]:
    known = {key_id_of(number): key_of(number).public_key() for number in range(agents)}
    tag = enrolment.exchange_tag(receipt_key_id)
    head = [(b"content-type", frame.CONTENT_TYPE.encode()), (b"content-length", b"2")]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        fields = {name.decode(): value.decode() for name, value in scope["headers"]}
        claim = read_claim(fields)
        sent = Message(fields["content-type"], body, fields["x-agent-seq"], path=scope["path"])
        digest = fields["content-digest"]
        verify(claim, sent, digest_header=digest, key=known[claim.key_id], tag=tag, now=datetime.now(UTC))
        batch = decode_batch(frame.unpack(body))
        for raw in batch.records:
            decode_record(raw)
        await writer.submit(body)
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": b"ok"})

    return app


def main() -> None:
    folder, agents, receipt_key_id, linger_s = sys.argv[1:5]
    app = app_of(RawWriter(Path(folder) / "floor.db", float(linger_s)), int(agents), receipt_key_id)
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named: asyncio sets TCP_NODELAY
    bound.bind(("127.0.0.1", 0))
    bound.listen(2_048)
    print(f"http://127.0.0.1:{bound.getsockname()[1]}", flush=True)
    config = uvicorn.Config(app, http=LimitedProtocol, ws="none", lifespan="off", log_config=None, access_log=False)
    asyncio.run(uvicorn.Server(config).serve([bound]))


if __name__ == "__main__":
    main()

"""A collector that says "stored" before it is: the negative control of the ledger.

Its exchange listener answers each batch at once with a receipt of the real key, and hands the
batch to the real application half a second later. Nothing of this is in the product.

    python -m tests.fakes.hasty_collector serve --settings FILE --json
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any

from collector.__main__ import main
from collector.serving import serve
from wire import enrolment, envelope, frame
from wire.keys import Ed25519PrivateKey, key_id, public_bytes
from wire.signatures import SEQUENCE_HEADER, Message, sign

LATER_S = 0.5

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Hasty:
    """An ASGI application around the exchange application."""

    def __init__(self, inner: Callable[..., Awaitable[None]], key: Ed25519PrivateKey) -> None:
        self._inner = inner
        self._key = key
        self._later: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/v1/exchange":
            await self._inner(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        await self._receipt(envelope.decode_batch(frame.unpack(body)), send)
        task = asyncio.create_task(self._store(scope, body))
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _receipt(self, batch: envelope.Batch, send: Send) -> None:
        now = datetime.now(UTC)
        reply = envelope.Reply(epoch=batch.epoch, mark=batch.sequence, generation="g", time=now, interval_s=0.25)
        message = Message(
            frame.CONTENT_TYPE,
            frame.pack(envelope.encode(reply)),
            f"{batch.epoch}/{batch.sequence}",
            status=200,
        )
        tag, mine = enrolment.ack_tag(batch.agent), key_id(public_bytes(self._key))
        fields = sign(message, key=self._key, key_id=mine, tag=tag, now=now, nonce="n0nce-n0nce")
        assert SEQUENCE_HEADER in fields
        pairs = [*fields.items(), ("content-length", str(len(message.body)))]
        headers = [(name.encode(), value.encode()) for name, value in pairs]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": message.body})

    async def _store(self, scope: MutableMapping[str, Any], body: bytes) -> None:
        await asyncio.sleep(LATER_S)
        pieces = [{"type": "http.request", "body": body}]

        async def receive() -> MutableMapping[str, Any]:
            return pieces.pop() if pieces else {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            pass

        await self._inner(scope, receive, send)


def _hasty(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda engine: Hasty(build(engine), engine.parts.receipt_key)


if __name__ == "__main__":
    vars(serve)["exchange_app"] = _hasty(serve.exchange_app)
    sys.exit(main())

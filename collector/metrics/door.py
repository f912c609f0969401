"""/metrics in front of another ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from collector.metrics.policy import Answer, Asker, may_read
from collector.metrics.text import CONTENT_TYPE

PATH: Final = "/metrics"
WORDS: Final = {
    Answer.TOKEN: "bring the token of the setting metrics.token_file\n",
    Answer.NO: "without metrics.token_file in the settings only this machine may read this, and not through a proxy\n",
}

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class MetricsDoor:
    """Answers /metrics, passes on the rest. `page` may take time: it runs beside the event loop."""

    inner: Callable[..., Awaitable[None]]
    page: Callable[[], str]
    token: str
    console_address: str
    is_here: Callable[[str], bool]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] not in {"GET", "HEAD"}:
            await self.inner(scope, receive, send)
            return
        answer = self._judge(scope)
        body = await asyncio.to_thread(self.page) if answer is Answer.YES else WORDS[answer]
        content = body.encode()
        headers = [
            (b"content-type", CONTENT_TYPE.encode() if answer is Answer.YES else b"text/plain; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"content-length", str(len(content)).encode()),
        ]
        await send({"type": "http.response.start", "status": int(answer), "headers": headers})
        await send({"type": "http.response.body", "body": content if scope["method"] == "GET" else b""})

    def _judge(self, scope: Scope) -> Answer:
        fields = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        peer = (scope.get("client") or ("", 0))[0]
        asker = Asker(peer, fields)
        return may_read(asker, token=self.token, console_address=self.console_address, is_here=self.is_here)

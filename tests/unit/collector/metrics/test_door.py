from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from collector.metrics.door import MetricsDoor
from collector.metrics.text import CONTENT_TYPE
from collector.serving.listeners import is_loopback

Message = MutableMapping[str, Any]


async def inner(_scope: Message, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})


def answer(path: str, *, method: str = "GET", peer: str = "127.0.0.1", token: str = "", **fields: str) -> list[Message]:
    door = MetricsDoor(inner, lambda: "x 1\n", token, "http://127.0.0.1:8080", is_loopback)
    named = {"host": "127.0.0.1:8080", **fields}
    headers = [(name.encode(), value.encode()) for name, value in named.items()]
    scope = {"type": "http", "path": path, "method": method, "client": (peer, 1), "headers": headers}
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    asyncio.run(door(scope, receive, send))
    return sent


def test_the_page_for_this_machine() -> None:
    start, body = answer("/metrics")
    assert (start["status"], body["body"]) == (200, b"x 1\n")
    assert (b"content-type", CONTENT_TYPE.encode()) in start["headers"]


def test_a_head_without_a_body() -> None:
    start, body = answer("/metrics", method="HEAD")
    assert (b"content-length", b"4") in start["headers"]
    assert body["body"] == b""


@pytest.mark.parametrize(("path", "method"), [("/", "GET"), ("/metrics", "POST"), ("/metrics/", "GET")])
def test_everything_else_is_passed_on(path: str, method: str) -> None:
    assert answer(path, method=method)[0]["status"] == 418


def test_who_may_not_read_is_told_what_to_do_and_no_number() -> None:
    start, body = answer("/metrics", peer="192.0.2.7")
    assert (start["status"], b"token_file" in body["body"], b"x 1" in body["body"]) == (403, True, False)
    start, body = answer("/metrics", token="t" * 32)
    assert (start["status"], b"x 1" in body["body"]) == (401, False)
    start, body = answer("/metrics", peer="192.0.2.7", token="t" * 32, authorization="Bearer " + "t" * 32)
    assert (start["status"], body["body"]) == (200, b"x 1\n")

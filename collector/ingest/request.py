"""The outside of a request: what its head must be, and reading a body that may never end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Generator, Mapping, MutableMapping
from dataclasses import dataclass
from types import coroutine
from typing import Any, TypeVar

from collector.ingest.answers import Refused
from wire.limits import BODY_BYTES

HEADERS_MAX = 64  # a browser sends about 20, a proxy adds a handful
HEADER_BYTES = 16_384
DRAIN_BYTES = 8_000_000  # of a body that is refused: read on so far, so that its sender sees the answer

_T = TypeVar("_T")

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


@dataclass(frozen=True)
class Limits:
    """How long a body may take: `deadline_s` in all, and after `grace_s` at least `floor_bytes_s`."""

    deadline_s: float = 30.0
    grace_s: float = 5.0
    floor_bytes_s: float = 1_000.0
    body_bytes: int = BODY_BYTES

    def patience_s(self, received_bytes: int, elapsed_s: float) -> float:
        """For how long the next piece may be waited for; zero or less is too slow."""
        return min(self.deadline_s, self.grace_s + received_bytes / self.floor_bytes_s) - elapsed_s


def read_fields(raw: Collection[tuple[bytes, bytes]]) -> dict[str, str]:
    """The header fields by lower-case name; refused when there are too many, or one stands twice."""
    fields = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}
    size = sum(map(len, fields)) + sum(map(len, fields.values()))
    if len(raw) > HEADERS_MAX or size > HEADER_BYTES:
        raise Refused(431, "header_too_large", f"at most {HEADERS_MAX} fields and {HEADER_BYTES} bytes", last=True)
    if len(fields) != len(raw):
        raise Refused(400, "header_repeated", f"{_repeated(raw)} stands twice", last=True)
    return fields


def _repeated(raw: Collection[tuple[bytes, bytes]]) -> str:
    names = [name.decode("latin-1").lower() for name, _ in raw]
    return next(name for name in names if names.count(name) > 1)


def check_content(fields: Mapping[str, str], content_type: str) -> None:
    """Refuse everything but this content type, as it is (no Content-Encoding)."""
    if fields.get("content-type") != content_type:
        raise Refused(415, "content_type", f"expected {content_type}", last=True)
    if "content-encoding" in fields:
        raise Refused(415, "content_encoding", "the body is taken as it is, without Content-Encoding", last=True)


async def read_body(receive: Receive, limits: Limits, monotonic: Callable[[], float]) -> bytes:
    """The whole body. Counted as it comes, whatever Content-Length says: 413 over the limit, 408 too slow."""
    begun = monotonic()
    pieces: list[bytes] = []
    size, more = 0, True
    while more:
        patience_s = limits.patience_s(size, monotonic() - begun)
        message = await _next(receive, patience_s)
        piece = message.get("body", b"")
        more = bool(message.get("more_body", False))
        size += len(piece)
        if size <= limits.body_bytes:
            pieces.append(piece)
        else:
            pieces.clear()
        if size > DRAIN_BYTES:
            break
    if size > limits.body_bytes:
        raise Refused(413, "body_too_large", f"at most {limits.body_bytes} bytes", last=more)
    return b"".join(pieces)


async def _next(receive: Receive, patience_s: float) -> MutableMapping[str, Any]:
    """The next message in time. Nearly always it is there already, and then no timer is set: that costs more."""
    if patience_s <= 0:
        raise _too_slow()
    coming = receive().__await__()
    try:
        awaited = coming.send(None)
    except StopIteration as there:
        message: MutableMapping[str, Any] = there.value
    else:
        try:
            async with asyncio.timeout(patience_s):  # not `wait_for`, which makes a task of it
                message = await _go_on(coming, awaited)
        except TimeoutError as error:
            raise _too_slow() from error
    if message["type"] == "http.disconnect":
        raise Disconnected
    return message


@coroutine
def _go_on(coming: Generator[Any, Any, _T], awaited: object) -> Generator[Any, Any, _T]:
    """Wait as what was begun does, and then for its end."""
    try:
        yield awaited
        found: _T = yield from coming
        return found
    finally:
        coming.close()


def _too_slow() -> Refused:
    return Refused(408, "too_slow", "the body did not come in time", last=True)


async def hung_up(receive: Receive) -> None:
    """Return when the sender has gone away; called after the whole body has come."""
    while (await receive())["type"] != "http.disconnect":
        pass


class Disconnected(Exception):
    """The sender went away in the middle; there is nobody to answer."""

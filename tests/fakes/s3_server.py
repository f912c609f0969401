"""A small S3-compatible server: one bucket in memory, signature version 4 checked to the letter.

It knows put with `If-None-Match: *`, get with ranges, list version 2 in short pages, delete; it can refuse
deletions, be full, fail once, or drop the connection after a put. It is no product's server: what it takes
was written from the public description of the protocol.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

ACCESS, SECRET, REGION = "AKIATEST", "secret/key+1", "eu-test-1"
PAGE = 7


@dataclass
class Store:
    """The bucket `backups`."""

    url: str = ""
    objects: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    takes_deletions: bool = True
    takes_overwriting: bool = True  # false: a policy asks every put to be conditional
    room_bytes: int | None = None
    failures: list[int] = field(default_factory=list)  # answers to give first; 0: keep it, then drop the connection
    refused: int = 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: Store

    def do_GET(self) -> None:
        name, query = self._target()
        if not self._is_signed(b""):
            return
        if name == "":
            self._list(query)
        elif name not in self.store.objects:
            self._answer(404)
        else:
            self._get(self.store.objects[name][0])

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        name, _ = self._target()
        if not self._is_signed(content):
            return
        failure = self.store.failures.pop(0) if self.store.failures else None
        if failure:
            self._answer(failure)
        elif self.headers.get("If-None-Match") == "*" and name in self.store.objects:
            self._answer(412)
        elif not self.store.takes_overwriting and name in self.store.objects:
            self._answer(403)
        elif self.store.room_bytes is not None and self._used() + len(content) > self.store.room_bytes:
            self._answer(507)
        else:
            self.store.objects[name] = content, datetime.now(UTC)
            if failure == 0:
                self.close_connection = True
            else:
                self._answer(200)

    def do_DELETE(self) -> None:
        name, _ = self._target()
        if not self._is_signed(b""):
            return
        if self.store.takes_deletions:
            self.store.objects.pop(name, None)
        self._answer(204 if self.store.takes_deletions else 403)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is given
        """Quiet."""

    def _used(self) -> int:
        return sum(len(content) for content, _ in self.store.objects.values())

    def _get(self, content: bytes) -> None:
        asked = self.headers.get("Range", "")
        if not asked:
            self._answer(200, content)
            return
        first, _, last = asked.removeprefix("bytes=").partition("-")
        if int(first) >= len(content):
            self._answer(416)
            return
        self._answer(206, content[int(first) : int(last) + 1 if last else None])

    def _list(self, query: dict[str, str]) -> None:
        names = sorted(name for name in self.store.objects if name.startswith(query.get("prefix", "")))
        start = int(query.get("continuation-token", "0"))
        page, more = names[start : start + PAGE], start + PAGE < len(names)
        entries = "".join(
            f"<Contents><Key>{escape(name)}</Key><Size>{len(self.store.objects[name][0])}</Size><LastModified>"
            f"{self.store.objects[name][1].isoformat().replace('+00:00', 'Z')}</LastModified></Contents>"
            for name in page
        )
        token = f"<NextContinuationToken>{start + PAGE}</NextContinuationToken>" if more else ""
        space = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
        self._answer(200, f"<ListBucketResult {space}>{entries}{token}</ListBucketResult>".encode())

    def _target(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        return unquote(parts.path).removeprefix("/backups").lstrip("/"), dict(parse_qsl(parts.query))

    def _is_signed(self, content: bytes) -> bool:
        """Whether the signature is exactly that of this request; answers itself when not."""
        is_good = _signature(self, content) is not None
        if not is_good:
            self.store.refused += 1
            self._answer(403)
        return is_good

    def _answer(self, code: int, content: bytes = b"") -> None:
        self.send_response(code)
        if code != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _signature(request: BaseHTTPRequestHandler, content: bytes) -> str | None:
    given = request.headers.get("Authorization", "")
    fields = dict(
        part.strip().split("=", 1) for part in given.removeprefix("AWS4-HMAC-SHA256 ").split(",") if "=" in part
    )
    stamp = request.headers.get("x-amz-date", "")
    scope = f"{stamp[:8]}/{REGION}/s3/aws4_request"
    digest = hashlib.sha256(content).hexdigest()
    names = fields.get("SignedHeaders", "").split(";")
    if fields.get("Credential") != f"{ACCESS}/{scope}" or request.headers.get("x-amz-content-sha256") != digest:
        return None
    if not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(names) or names != sorted(names):
        return None
    age = abs((datetime.now(UTC) - datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)).total_seconds())
    parts = urlsplit(request.path)
    query = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(parse_qsl(parts.query)))
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in names)
    canonical = "\n".join([request.command, parts.path, query, headers, ";".join(names), digest])
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{SECRET}".encode()
    for word in scope.split("/"):
        key = hmac.digest(key, word.encode(), "sha256")
    wanted = hmac.new(key, text.encode(), "sha256").hexdigest()
    return wanted if age < 900 and hmac.compare_digest(wanted, fields.get("Signature", "")) else None


@contextmanager
def serving() -> Iterator[Store]:
    """A server on loopback for the length of a block."""
    store = Store()
    handler = type("Handler", (_Handler,), {"store": store})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        store.url = f"http://127.0.0.1:{server.server_address[1]}/backups"
        try:
            yield store
        finally:
            server.shutdown()
            thread.join()

"""restic's REST protocol, version 2, over a folder laid out as restic lays it out; with `--append-only` semantics.

In that mode nothing is deleted but locks, and nothing is overwritten: as the rest-server's documentation
promises. Contents are refused that do not have the SHA-256 of their name.
"""

from __future__ import annotations

import hashlib
import json
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

TYPES = ("data", "keys", "locks", "snapshots", "index")
USER, PASSWORD = "host-1", "pass word/1"
_V2 = "application/vnd.x.restic.rest.v2"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    root: Path
    is_append_only: bool
    refused: list[str]

    def do_HEAD(self) -> None:
        self._send(is_head=True)

    def do_GET(self) -> None:
        if self._folder() is not None:
            self._list()
        else:
            self._send(is_head=False)

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self._is_known():
            return
        if "create=true" in self.path:
            for name in TYPES:
                (self.root / name).mkdir(parents=True, exist_ok=True)
            self._answer(200)
            return
        path = self._path()
        if path is None or (path.exists() and self.is_append_only):
            self._refuse()
        elif path.name != "config" and hashlib.sha256(content).hexdigest() != path.name:
            self._answer(400)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            self._answer(200)

    def do_DELETE(self) -> None:
        path = self._path()
        if not self._is_known():
            return
        if path is None or (self.is_append_only and "locks" not in self.path):
            self._refuse()
        elif not path.exists():
            self._answer(404)
        else:
            path.unlink()
            self._answer(200)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is given
        """Quiet."""

    def _refuse(self) -> None:
        self.refused.append(f"{self.command} {self.path}")
        self._answer(403)

    def _is_known(self) -> bool:
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        if b64decode(given).decode() == f"{USER}:{PASSWORD}":
            return True
        self._answer(401)
        return False

    def _folder(self) -> Path | None:
        words = urlsplit(self.path).path.strip("/").split("/")
        return self.root / words[0] if len(words) == 1 and words[0] in TYPES else None

    def _path(self) -> Path | None:
        words = urlsplit(self.path).path.strip("/").split("/")
        if words == ["config"]:
            return self.root / "config"
        if len(words) != 2 or words[0] not in TYPES or not words[1].isalnum():
            return None
        return self.root / "data" / words[1][:2] / words[1] if words[0] == "data" else self.root / words[0] / words[1]

    def _list(self) -> None:
        folder = self._folder()
        if not self._is_known() or folder is None:
            return
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        self._answer(
            200, json.dumps([{"name": path.name, "size": path.stat().st_size} for path in files]).encode(), _V2
        )

    def _send(self, *, is_head: bool) -> None:
        if not self._is_known():
            return
        path = self._path()
        if path is None or not path.is_file():
            self._answer(404)
            return
        content, code = path.read_bytes(), 200
        if asked := self.headers.get("Range", "").removeprefix("bytes="):
            first, _, last = asked.partition("-")
            content, code = content[int(first) : int(last) + 1 if last else None], 206
        self._answer(code, content, "application/octet-stream", path.stat().st_mtime, is_head=is_head)

    def _answer(
        self, code: int, content: bytes = b"", kind: str = "text/plain", modified: float = 0, *, is_head: bool = False
    ) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Type", kind)
        if modified:
            self.send_header("Last-Modified", formatdate(modified, usegmt=True))
        self.end_headers()
        if not is_head:
            self.wfile.write(content)


@contextmanager
def serving(root: Path, *, is_append_only: bool = True) -> Iterator[tuple[str, list[str]]]:
    """A server on loopback for the length of a block: its address, and what it refused."""
    refused: list[str] = []
    attributes = {"root": root, "is_append_only": is_append_only, "refused": refused}
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), attributes)) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/", refused
        finally:
            server.shutdown()
            thread.join()

"""The clinic's HTTP doors: three modules, one page, and the buttons that make it fail. Loopback only."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qs, urlsplit

from deploy.demo.clinic.faults import Clinic, Faults
from deploy.demo.clinic.refusal import Refused

LOOPBACK = "127.0.0.1"
BODY_BYTES = 64_000
TAIL_BYTES = 6_000  # of the log, shown on the page
_TYPES = {"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"}
_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'"

Asked = Mapping[str, str]


@dataclass(frozen=True)
class Front:
    """What the page shows of this site."""

    name: str
    log: Path


class Doors:
    """Which path leads to which work; every door takes texts and gives something that JSON can say."""

    def __init__(self, clinic: Clinic, faults: Faults, front: Front) -> None:
        self.front = front
        self.gets: dict[str, Callable[[Asked], Any]] = {
            "/reception/queue": lambda _asked: clinic.reception.queue(),
            "/prescription/dose": lambda asked: clinic.prescription.dose(int(asked["order"])),
            "/prescription/interactions": lambda asked: clinic.prescription.check_interactions(
                asked["drugs"].split(",")
            ),
            "/log": lambda _asked: {"tail": read_tail(front.log)},
        }
        self.posts: dict[str, Callable[[Asked], Any]] = {
            "/reception/patients": lambda asked: {
                "patient": clinic.reception.register(asked["insurance_no"], asked["name"], asked["desk"])
            },
            "/reception/visits": lambda asked: {
                "number": clinic.reception.arrive(int(asked["patient"]), asked["desk"])
            },
            "/prescription/orders": lambda asked: {
                "order": clinic.prescription.order(int(asked["patient"]), asked["drug"], asked["record"])
            },
            "/billing/invoices": lambda asked: {
                "invoice": clinic.billing.invoice(int(asked["patient"]), int(asked["amount"]))
            },
            "/billing/claims": lambda asked: {"answer": clinic.billing.claim(asked["insurer"], int(asked["invoice"]))},
        }
        for name in faults.causes:
            self.posts[f"/faults/{name}"] = _fault_door(faults, name)


def serve(doors: Doors, port: int) -> ThreadingHTTPServer:
    """A server on loopback, bound but not yet serving; port 0 lets the kernel choose."""

    class _Bound(_Request):
        pass

    _Bound.doors = doors
    server = ThreadingHTTPServer((LOOPBACK, port), _Bound)
    server.daemon_threads = True
    return server


def _fault_door(faults: Faults, name: str) -> Callable[[Asked], Any]:
    return lambda asked: {"done": faults.cause(name, asked)}


def visit(port: int, path: str) -> int:
    """Ask the application on this loopback port for `path`; the HTTP status."""
    line = HTTPConnection(LOOPBACK, port, timeout=30)
    try:
        line.request("GET", path)
        return line.getresponse().status
    finally:
        line.close()


def read_tail(path: Path) -> str:
    """The last lines of the log."""
    with path.open("rb") as lines:
        size = lines.seek(0, 2)
        lines.seek(max(0, size - TAIL_BYTES))
        text = lines.read().decode("utf-8", "replace")
    return text if size <= TAIL_BYTES else text.partition("\n")[2]


class _Request(BaseHTTPRequestHandler):
    doors: Doors
    protocol_version = "HTTP/1.1"
    timeout = 30

    def handle(self) -> None:
        """Serve one connection; a browser that goes away in the middle is no fault of ours."""
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        name = parts.path.removeprefix("/")
        if parts.path == "/":
            self._page()
        elif name in _TYPES:
            self._send(200, _TYPES[name], _own_file(name))
        else:
            self._answer(self.doors.gets.get(parts.path), _first_values(parts.query))

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        if size > BODY_BYTES:
            self.close_connection = True
            self._json(413, {"error": "too much"})
            return
        asked = _first_values(self.rfile.read(size).decode("utf-8", "replace"))
        origin = self.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != self.headers.get("Host"):
            self._json(403, {"error": "only from this page"})  # another page in the same browser
            return
        self._answer(self.doors.posts.get(urlsplit(self.path).path), asked)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class calls it so
        """No access log: the file is for what the modules have to say."""

    def _answer(self, door: Callable[[Asked], Any] | None, asked: Asked) -> None:
        if door is None:
            self._json(404, {"error": "no such door"})
            return
        self._json(*self._outcome(door, asked))

    def _outcome(self, door: Callable[[Asked], Any], asked: Asked) -> tuple[int, Any]:
        try:
            return 200, door(asked)
        except Refused as refusal:
            return refusal.status, {"error": refusal.words}
        except sqlite3.OperationalError as error:
            return 503, {"error": str(error)}
        except Exception:  # the one place where nobody else is left to catch it
            path = urlsplit(self.path).path
            logging.getLogger(path.split("/")[1]).exception("unhandled exception in %s %s", self.command, path)
            return 500, {"error": "something went wrong inside"}

    def _page(self) -> None:
        page = Template(_own_file("page.html").decode())
        name = self.doors.front.name.replace("&", "&amp;").replace("<", "&lt;")
        self._send(200, "text/html; charset=utf-8", page.substitute(name=name).encode())

    def _json(self, status: int, value: object) -> None:
        self._send(status, "application/json", json.dumps(value, ensure_ascii=False).encode())

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


def _first_values(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}


def _own_file(name: str) -> bytes:
    return resources.files(__package__).joinpath(name).read_bytes()

"""A proxy between agents and collector that notes what was acked, and loses answers on purpose.

It ends TLS on both sides, as an inspecting proxy at a customer's does; signatures cover the body,
so it can read everything and change nothing. Each exchange that the collector answered with 200 is
noted before the answer goes on, so the notes hold every promise that the collector ever made,
those included that the agent never got to hear.

While `losing` is set, each third answer is thrown away after it was noted: the connection closes, the
agent does not know, and it has to send the same batch again.
"""

from __future__ import annotations

import http.client
import ssl
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from deploy.demo.authority import LOOPBACK, Certificate
from wire.envelope import Batch, Reply, decode_batch, decode_reply
from wire.errors import WireError
from wire.frame import unpack
from wire.messages import Event, decode_record

EXCHANGE = "/v1/exchange"
LOSE_EACH = 3
UPSTREAM_S = 10.0
_HOP = {"connection", "keep-alive", "transfer-encoding", "proxy-connection", "te", "trailer", "upgrade"}


@dataclass(frozen=True)
class Promise:
    """One 200 of the collector: what the batch held, and whether the agent was told."""

    agent: str
    epoch: str
    sequence: int
    records: int
    events: tuple[tuple[int, str, str, int], ...]  # position, event id, code, count
    mark: int
    duplicate: bool
    parked: int
    told: bool


class Proxy:
    """Serves on a free loopback port until `close`; `promises` grows while it does."""

    def __init__(self, certificate: Certificate, ca_file: Path, upstream_port: int) -> None:
        self.promises: list[Promise] = []
        self.losing = threading.Event()
        self.upstream_port = upstream_port
        self._guard = threading.Lock()
        self._answered = 0
        self._trust = ssl.create_default_context(cafile=str(ca_file))
        self._local = threading.local()
        self._server = _server(self, certificate)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening; connections end with their threads."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def forward(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Ask the collector; status, headers and body of its answer. OSError or HTTPException when it is away."""
        line = self._line()
        try:
            line.request(method, path, body=body, headers=headers)
            answer = line.getresponse()
            return answer.status, _end_to_end(dict(answer.getheaders())), answer.read()
        except (OSError, http.client.HTTPException):
            line.close()  # the next request of this connection connects anew
            raise

    def _line(self) -> http.client.HTTPSConnection:
        """A kept connection to the collector, one for each of an agent's."""
        line = getattr(self._local, "line", None)
        if not isinstance(line, http.client.HTTPSConnection):
            line = http.client.HTTPSConnection(LOOPBACK, self.upstream_port, timeout=UPSTREAM_S, context=self._trust)
            self._local.line = line
        return line

    def hang_up(self) -> None:
        """The agent's connection has ended: so does ours."""
        self._line().close()

    def note(self, path: str, status: int, asked: bytes, answered: bytes) -> bool:
        """Write down a promise; whether the agent is to be told."""
        if path != EXCHANGE or status != http.HTTPStatus.OK:
            return True
        batch, reply = decode_batch(unpack(asked)), decode_reply(unpack(answered))
        with self._guard:
            self._answered += 1
            told = not (self.losing.is_set() and self._answered % LOSE_EACH == 0)
            self.promises.append(_promise(batch, reply, told=told))
        return told


def _promise(batch: Batch, reply: Reply, *, told: bool) -> Promise:
    events = []
    for position, raw in enumerate(batch.records):
        record = decode_record(raw)
        if isinstance(record, Event):
            events.append((position, record.event_id, record.code, record.count))
    return Promise(
        agent=batch.agent,
        epoch=batch.epoch,
        sequence=batch.sequence,
        records=len(batch.records),
        events=tuple(events),
        mark=reply.mark,
        duplicate=reply.duplicate,
        parked=reply.parked,
        told=told,
    )


def _end_to_end(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _HOP}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    context: ssl.SSLContext
    proxy: Proxy

    def finish_request(self, request: object, client_address: object) -> None:
        """Shake hands in the connection's own thread, so that a silent client holds up nobody."""
        assert not isinstance(request, tuple)  # noqa: S101  # TCP, not UDP
        try:
            secured = self.context.wrap_socket(request, server_side=True)  # type: ignore[arg-type]
        except OSError:
            return  # a client that gave up, or one that does not trust us
        try:
            super().finish_request(secured, client_address)
        finally:
            secured.close()
            self.proxy.hang_up()

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that broke (an agent was killed) is what this proxy is for."""


def _server(proxy: Proxy, certificate: Certificate) -> _Server:
    server = _Server((LOOPBACK, 0), _Relay)
    server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.context.load_cert_chain(certificate.certificate, certificate.key)
    server.proxy = proxy
    return server


class _Relay(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 120

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        proxy = self.server.proxy
        try:
            status, headers, answer = proxy.forward("POST", self.path, _end_to_end(dict(self.headers)), body)
        except (OSError, http.client.HTTPException):
            self._send(502, {"Content-Type": "text/plain"}, b"the collector is away\n")
            return
        try:
            told = proxy.note(self.path, status, body, answer)
        except WireError:
            told = True  # not ours to judge: the agent will see that this is no answer
        if told:
            self._send(status, headers, answer)
        else:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class calls it so
        """Silent: what matters stands in `promises`."""

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

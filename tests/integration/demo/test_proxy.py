"""The demo's proxy: TLS on both sides, every promise noted, answers lost only when told."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy.demo.authority import Authority
from deploy.demo.proxy import LOSE_EACH, Promise, Proxy
from wire.envelope import EXAMPLE_TIME, Batch, Reply, encode, raw_records
from wire.frame import pack
from wire.messages import Event, Gap, GapCause, Record, TimeOrigin

EPOCH = "00000000000000aa"


def an_event(number: int) -> Record:
    return Event(
        event_id=f"{number:016x}",
        product="clinic",
        catalogue_version="1",
        module="RCP",
        code="RCP-REG-0001",
        level=4,
        occurred_at=EXAMPLE_TIME,
        occurred_from=TimeOrigin.LINE,
        first_at=EXAMPLE_TIME,
        last_at=EXAMPLE_TIME,
        count=number,
    )


def a_batch(sequence: int, *records: Record) -> bytes:
    batch = Batch(
        agent="a1",
        epoch=EPOCH,
        sequence=sequence,
        session=1,
        sealed_at=EXAMPLE_TIME,
        records=raw_records(list(records)),
    )
    return pack(encode(batch))


class Collector(BaseHTTPRequestHandler):
    """Answers each exchange with 200 and a mark; anything else with 404."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        reply = Reply(epoch=EPOCH, mark=7, generation="g", time=EXAMPLE_TIME, interval_s=2)
        status, body = (200, pack(encode(reply))) if self.path == "/v1/exchange" else (404, b"none")
        self.send_response(status)
        self.send_header("x-agent-seq", self.headers.get("x-agent-seq", ""))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class calls it so
        pass


@contextmanager
def a_proxy(folder: Path) -> Iterator[tuple[Proxy, ssl.SSLContext, ThreadingHTTPServer]]:
    authority = Authority(folder, datetime.now(UTC))
    own = authority.issue("collector")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate, own.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    proxy = Proxy(authority.issue("proxy"), authority.ca_file, server.server_address[1])
    try:
        yield proxy, ssl.create_default_context(cafile=str(authority.ca_file)), server
    finally:
        proxy.close()
        server.shutdown()
        server.server_close()
        thread.join()


def post(proxy: Proxy, trust: ssl.SSLContext, body: bytes, path: str = "/v1/exchange") -> http.client.HTTPResponse:
    line = http.client.HTTPSConnection("127.0.0.1", proxy.port, timeout=5, context=trust)
    try:
        line.request("POST", path, body=body, headers={"x-agent-seq": f"{EPOCH}/1"})
        answer = line.getresponse()
        answer.read()
        return answer
    finally:
        line.close()


def test_each_promise_is_noted_with_its_events_in_their_places(tmp_path: Path) -> None:
    gap = Gap(cause=GapCause.ROTATED, source="x", noticed_at=EXAMPLE_TIME)
    with a_proxy(tmp_path) as (proxy, trust, _):
        answer = post(proxy, trust, a_batch(7, gap, an_event(3)))
        assert (answer.status, answer.headers["x-agent-seq"]) == (200, f"{EPOCH}/1")
        events = ((1, f"{3:016x}", "RCP-REG-0001", 3),)
        assert proxy.promises == [Promise("a1", EPOCH, 7, 2, events, 7, False, 0, True)]


def test_what_is_no_promise_passes_and_is_not_noted(tmp_path: Path) -> None:
    with a_proxy(tmp_path) as (proxy, trust, _):
        assert post(proxy, trust, b"{}", "/v1/enrol").status == 404
        assert proxy.promises == []


def test_a_lost_answer_was_promised_and_never_arrives(tmp_path: Path) -> None:
    with a_proxy(tmp_path) as (proxy, trust, _):
        proxy.losing.set()
        for number in range(1, LOSE_EACH):
            assert post(proxy, trust, a_batch(number)).status == 200
        with pytest.raises((http.client.RemoteDisconnected, ssl.SSLEOFError, ConnectionResetError)):
            post(proxy, trust, a_batch(LOSE_EACH))
        proxy.losing.clear()
        for number in range(1, LOSE_EACH + 1):
            assert post(proxy, trust, a_batch(number)).status == 200
        told = [promise.told for promise in proxy.promises]
        assert told == [*[True] * (LOSE_EACH - 1), False, *[True] * LOSE_EACH]


def test_a_collector_that_is_away_is_a_bad_gateway(tmp_path: Path) -> None:
    with a_proxy(tmp_path) as (proxy, trust, server):
        proxy.upstream_port = 1  # nobody listens there
        assert post(proxy, trust, a_batch(1)).status == 502
        proxy.upstream_port = server.server_address[1]
        assert post(proxy, trust, a_batch(1)).status == 200


def test_an_agent_that_does_not_know_the_authority_does_not_talk(tmp_path: Path) -> None:
    with a_proxy(tmp_path) as (proxy, _, _), pytest.raises(ssl.SSLCertVerificationError):
        post(proxy, ssl.create_default_context(), a_batch(1))

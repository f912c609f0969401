"""A small working collector: it enrols, keeps marks, dedupes, signs, and misbehaves when told.

`faults` are taken one for each exchange, `ok` when the list is empty:

    ok            apply and answer
    lost          the request never arrives
    unanswered    applied, the answer is lost
    twice         delivered twice, the second answer counts
    500 503 429   a signed refusal, nothing applied
    413           the same, for a batch of more than `max_records`
    html          a captive portal's page with status 200
    forged        an answer signed with another key
    forbidden     an unsigned 403
"""

from __future__ import annotations

import copy
import hashlib
import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from agent.uplink.port import NO_HEADERS, Answer, Unreachable
from wire import envelope, frame
from wire.documents.envelope import ENVELOPE_TYPE
from wire.enrolment import (
    ENROL_SEQUENCE,
    ENROL_TYPE,
    EnrolReply,
    Token,
    ack_tag,
    decode_enrol_request,
    encode,
    enrol_ack_tag,
    enrol_tag,
    exchange_tag,
)
from wire.envelope import Batch, Document, Refusal, Reply
from wire.errors import SignatureFault, SignatureRefused
from wire.keys import Ed25519PublicKey, generate_key, key_digest, key_id, load_public, public_bytes, public_text
from wire.limits import DOCUMENTS
from wire.messages import Event, Gap, Record, decode_record
from wire.proofs import AuditMark, Result
from wire.sentence import sentence
from wire.signatures import SEQUENCE_HEADER, Message, read_claim, sign, verify


class State:
    """What a backup of the collector holds."""

    def __init__(self) -> None:
        self.marks: dict[tuple[str, str], int] = {}
        self.above: dict[tuple[str, str], set[int]] = {}
        self.applied: list[tuple[str, str, int]] = []
        self.digests: dict[tuple[str, str, int], str] = {}  # of the bodies that were applied
        self.records: list[Record] = []


class Collector:
    """The collector's side of the protocol, in memory. Safe to call from several threads."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.now = now
        self.key = generate_key()
        self.key_id = key_id(public_bytes(self.key))
        self.state = State()
        self.agents: dict[str, tuple[str, Ed25519PublicKey]] = {}
        self.tokens: dict[str, str] = {}
        self.used: set[str] = set()
        self.faults: deque[str] = deque()
        self.interval_s = 60.0
        self.max_records = 10_000
        self.poison = ""  # a batch that holds this text is refused with 500
        self.knows_events = False  # an event id counts once, as at the real collector
        self.requests = 0
        self.batches: list[Batch] = []
        self.documents: deque[Document] = deque()  # go down with the next answer, each once
        self.lock = threading.RLock()

    def token(self, number: int = 1) -> Token:
        """A fresh token."""
        token = Token(f"{number:016x}", f"{number:032x}", key_digest(public_bytes(self.key)))
        self.tokens[token.id] = token.secret
        return token

    def accept(self, agent: str, key: Ed25519PublicKey) -> None:
        """Know this agent without an enrolment."""
        self.agents[key_id(public_bytes(key))] = (agent, key)

    def backup(self) -> State:
        return copy.deepcopy(self.state)

    def events(self) -> list[Event]:
        return [record for record in self.state.records if isinstance(record, Event)]

    def gaps(self) -> list[Gap]:
        return [record for record in self.state.records if isinstance(record, Gap)]

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One request, faults included; `Unreachable` when the fault eats request or answer."""
        with self.lock:
            if method == "GET":
                return Answer(200, {"content-type": "application/json"}, b'{"status":"ok"}')
            if path == "/v1/enrol":
                return self._enrol(headers, body)
            if path != "/v1/exchange":  # as a collector that knows no waiting
                return Answer(404, {"content-type": frame.REFUSAL_TYPE}, envelope.encode(Refusal(error="not_found")))
            self.requests += 1
            fault = self.faults.popleft() if self.faults else "ok"
            return self._with_fault(fault, headers, body)

    def _with_fault(self, fault: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if fault == "lost":
            raise Unreachable(sentence("lost"), maybe_sent=False)
        if fault == "html":
            return Answer(200, {"content-type": "text/html"}, b"<html>please log in</html>")
        if fault == "forbidden":
            return Answer(403, {"content-type": frame.REFUSAL_TYPE}, envelope.encode(Refusal(error="key_revoked")))
        if fault in {"500", "503", "429"}:
            return self._refuse(headers, int(fault), "scripted")
        answer = self._exchange(headers, body)
        if fault == "twice":
            answer = self._exchange(headers, body)
        if fault == "unanswered":
            raise Unreachable(sentence("unanswered"), maybe_sent=True)
        if fault == "forged":
            stranger = generate_key()
            return self._signed(headers, answer.status, frame.CONTENT_TYPE, answer.body, key=stranger)
        return answer

    def _exchange(self, headers: Mapping[str, str], body: bytes) -> Answer:
        claim = read_claim(headers)
        if claim.key_id not in self.agents:
            return Answer(401, {"content-type": frame.REFUSAL_TYPE}, envelope.encode(Refusal(error="key_unknown")))
        agent, key = self.agents[claim.key_id]
        message = Message(
            content_type=headers["content-type"], body=body, sequence=headers[SEQUENCE_HEADER], path="/v1/exchange"
        )
        try:
            digest = headers["content-digest"]
            verify(claim, message, digest_header=digest, key=key, tag=exchange_tag(self.key_id), now=self.now())
        except SignatureRefused as refused:
            if refused.reason is not SignatureFault.CLOCK:
                raise
            return self._refuse(headers, 401, "clock_skew")
        plain = frame.unpack(body)
        frame.check_strict(plain)
        batch = envelope.decode_batch(plain)
        assert batch.agent == agent
        assert headers[SEQUENCE_HEADER] == f"{batch.epoch}/{batch.sequence}"
        self.batches.append(batch)
        if len(batch.records) > self.max_records:
            return self._refuse(headers, 413, "too_large")
        if self.poison and any(self.poison.encode() in bytes(raw) for raw in batch.records):
            return self._refuse(headers, 500, "internal")
        return self._apply(headers, batch, hashlib.sha256(body).hexdigest())

    def _apply(self, headers: Mapping[str, str], batch: Batch, digest: str) -> Answer:
        place, state = (batch.agent, batch.epoch), self.state
        mark, above = state.marks.get(place, 0), state.above.setdefault(place, set())
        duplicate = batch.sequence <= mark or batch.sequence in above
        if not duplicate:
            above.add(batch.sequence)
            while mark + 1 in above:
                mark += 1
                above.remove(mark)
            state.marks[place] = mark
            state.applied.append((*place, batch.sequence))
            state.digests[*place, batch.sequence] = digest
            known = {event.event_id for event in self.events()} if self.knows_events else set()
            records = [decode_record(raw) for raw in batch.records]
            state.records += [item for item in records if not (isinstance(item, Event) and item.event_id in known)]
        reply = Reply(
            epoch=batch.epoch,
            mark=mark,
            generation="g1",
            time=self.now(),
            interval_s=self.interval_s,
            duplicate=duplicate,
            digest=state.digests.get((*place, batch.sequence), "") if duplicate else "",
            documents=self._down(),
        )
        return self._signed(headers, 200, frame.CONTENT_TYPE, frame.pack(envelope.encode(reply)))

    def _down(self) -> list[Document]:
        sent = list(self.documents)[:DOCUMENTS]
        for _ in sent:
            self.documents.popleft()
        return sent

    def send_down(self, kind: str, content: bytes) -> None:
        """Give this document to the agent with the next answer."""
        with self.lock:
            self.documents.append(Document(kind=kind, media_type=ENVELOPE_TYPE, content=content))

    def results(self) -> list[Result]:
        return [record for record in self.state.records if isinstance(record, Result)]

    def audit_marks(self) -> list[AuditMark]:
        return [record for record in self.state.records if isinstance(record, AuditMark)]

    def _refuse(self, headers: Mapping[str, str], status: int, error: str) -> Answer:
        body = envelope.encode(Refusal(error=error, time=self.now()))
        return self._signed(headers, status, frame.REFUSAL_TYPE, body)

    def _signed(self, headers: Mapping[str, str], status: int, kind: str, body: bytes, key: Any = None) -> Answer:
        claim = read_claim(headers)
        agent = self.agents[claim.key_id][0]
        message = Message(content_type=kind, body=body, sequence=headers[SEQUENCE_HEADER], status=status)
        signed = sign(
            message, key=key or self.key, key_id=self.key_id, tag=ack_tag(agent), now=self.now(), nonce="n" * 22
        )
        return Answer(status, signed, body)

    def _enrol(self, headers: Mapping[str, str], body: bytes) -> Answer:
        claim, request = read_claim(headers), decode_enrol_request(body)
        key = load_public(request.public_key)
        own_id = key_id(public_bytes(key))
        message = Message(content_type=ENROL_TYPE, body=body, sequence=ENROL_SEQUENCE, path="/v1/enrol")
        digest = headers["content-digest"]
        status, kind, content = 200, ENROL_TYPE, b""
        try:
            verify(claim, message, digest_header=digest, key=key, tag=enrol_tag(self.key_id), now=self.now())
        except SignatureRefused as refused:
            if refused.reason is not SignatureFault.CLOCK:
                raise
            status, kind = 401, frame.REFUSAL_TYPE
            content = envelope.encode(Refusal(error="clock_skew", time=self.now()))
        if status == 200 and self.tokens.get(request.token_id) != request.secret:
            status, kind, content = 403, frame.REFUSAL_TYPE, envelope.encode(Refusal(error="token_refused"))
        elif status == 200 and own_id in self.agents:
            status, kind, content = 409, frame.REFUSAL_TYPE, envelope.encode(Refusal(error="key_enrolled"))
        elif status == 200 and request.token_id in self.used:
            status, kind, content = 409, frame.REFUSAL_TYPE, envelope.encode(Refusal(error="token_used"))
        elif status == 200:
            self.used.add(request.token_id)
            agent = f"agent-{request.token_id[-4:]}"
            self.accept(agent, key)
            content = encode(
                EnrolReply(
                    agent=agent,
                    site="seoul",
                    receipt_key=public_text(self.key),
                    generation="g1",
                    interval_s=self.interval_s,
                    time=self.now(),
                )
            )
        answer = Message(content_type=kind, body=content, sequence=ENROL_SEQUENCE, status=status)
        tag = enrol_ack_tag(own_id)
        return Answer(
            status, sign(answer, key=self.key, key_id=self.key_id, tag=tag, now=self.now(), nonce="n" * 22), content
        )


class FakeTransport:
    """The transport port straight into a collector in memory."""

    def __init__(self, collector: Collector) -> None:
        self.collector = collector

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        return self.collector.answer("POST", path, headers, body)

    def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS) -> Answer:
        return self.collector.answer("GET", path, headers, b"")

    def hang_up(self) -> None:
        pass

    def close(self) -> None:
        pass


class HttpCollector:
    """The same collector behind a real HTTP listener on loopback; the kernel chooses the port."""

    def __init__(self, collector: Collector) -> None:
        self.collector = collector
        self.connections = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                outer.connections += 1
                super().setup()

            def do_POST(self) -> None:
                self._serve("POST")

            def do_GET(self) -> None:
                self._serve("GET")

            def _serve(self, method: str) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                try:
                    answer = outer.collector.answer(method, self.path, headers, body)
                except Unreachable:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class ManualClock:
    """Wall clock and monotonic clock that move when told."""

    def __init__(self, at: datetime = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)) -> None:
        self._start = at
        self.seconds = 0.0
        self.offset = timedelta()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.seconds) + self.offset

    def monotonic(self) -> float:
        return self.seconds

    def pass_time(self, seconds: float) -> None:
        self.seconds += seconds

"""The exchange listener as a bare ASGI application: routes for agents, the vendor's files, health, nothing else.

No framework, because this is the hot path and the open door: what is not in the table is refused.
The only broad handler is here; whatever reaches it is a defect of ours and is logged.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from collector.ingest import bundles, enrolling, exchange, vendor_files
from collector.ingest.answers import Answer, Refused, Signer
from collector.ingest.exchange import Request
from collector.ingest.request import Disconnected, Limits, Receive, check_content, hung_up, read_body, read_fields
from collector.ingest.vendor_files import VendorFiles
from collector.ingest.waiting import Waiting
from collector.metrics.measures import Measures
from wire import bundle, enrolment, frame, waiting

HEALTH_PATH = "/healthz"

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Health = Callable[[], Mapping[str, object]]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Doors:
    """Who answers what is posted."""

    exchange: exchange.Exchange
    enrolling: enrolling.Enrolling
    waiting: Waiting
    bundles: bundles.BundleDoor


class ExchangeApp:
    """ASGI application of the exchange listener."""

    def __init__(
        self,
        doors: Doors,
        *,
        signer: Signer,
        health: Health,
        monotonic: Callable[[], float],
        vendor: VendorFiles,
        limits: Limits | None = None,
        measures: Measures | None = None,
    ) -> None:
        self._routes = {
            exchange.PATH: (frame.CONTENT_TYPE, doors.exchange.answer),
            enrolling.PATH: (enrolment.ENROL_TYPE, doors.enrolling.answer),
            waiting.PATH: (waiting.WAIT_TYPE, doors.waiting.answer),
            bundle.PATH: (bundle.BUNDLE_TYPE, doors.bundles.answer),
        }
        self._signer = signer
        self._health = health
        self._vendor = vendor
        self._monotonic = monotonic
        self._limits = limits or Limits()
        self._measures = measures or Measures()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; other kinds of connection are not spoken here."""
        if scope["type"] != "http":
            return
        begun = self._monotonic()
        try:
            answer = await self._answered(scope, receive)
        except Refused as refused:
            answer = self._refusal(refused)
        except Disconnected:
            return
        except asyncio.CancelledError:  # the process ends and has waited long enough for this one
            answer = self._refusal(Refused(503, "stopping", "the collector is stopping", retry=True, last=True))
        except Exception:
            log.exception("a request was not answered")
            answer = self._refusal(Refused(500, "internal", "a defect of the collector", last=True))
        await send_answer(answer, send)
        if scope["path"] == exchange.PATH:
            self._measures.answered(answer.status, self._monotonic() - begun)

    def _refusal(self, refused: Refused) -> Answer:
        self._measures.refusals.add(refused.error)
        return self._signer.refusal(refused)

    async def _answered(self, scope: Scope, receive: Receive) -> Answer:
        path = scope.get("raw_path", b"").partition(b"?")[0].decode("latin-1") or scope["path"]
        if path == HEALTH_PATH and scope["method"] in {"GET", "HEAD"}:
            return health_answer(self._health(), with_body=scope["method"] == "GET")
        if path.startswith(vendor_files.PREFIX) and scope["method"] == "GET":
            query = scope.get("query_string", b"").decode("latin-1")
            return await self._vendor.answer(path, query, read_fields(scope["headers"]))
        if path not in self._routes:
            raise Refused(404, "not_found", "there is nothing here", last=True)
        if scope["method"] != "POST":
            raise Refused(405, "method", "POST only", last=True)
        content_type, use_case = self._routes[path]
        fields = read_fields(scope["headers"])
        check_content(fields, content_type)
        body = await read_body(receive, self._limits, self._monotonic)
        query = scope.get("query_string", b"").decode("latin-1")
        return await use_case(Request(fields, query, body, partial(hung_up, receive)))


def health_answer(facts: Mapping[str, object], *, with_body: bool = True) -> Answer:
    """200 when `ok` is true, else 503."""
    body = json.dumps(facts).encode() if with_body else b""
    return Answer(200 if facts.get("ok") else 503, "application/json", body)


async def send_answer(answer: Answer, send: Send) -> None:
    """Write the response."""
    fields = {"content-type": answer.content_type, "cache-control": "no-store", **answer.fields}
    fields["content-length"] = str(len(answer.body))
    if answer.last:
        fields["connection"] = "close"
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})

"""`GET /v1/clocks/explain?ticket=2026-000123&metric=resolve`: why a deadline is what it is, with every interval."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from collector.parts import Parts
from collector.sla.plan import Metric
from collector.tickets.clocks.reading import clocks_of, explanation_view
from collector.tickets.search import repository as rows

PARAMETERS = frozenset({"ticket", "metric"})


def clock_api(router: APIRouter, parts: Parts) -> None:
    """The route; the gate has checked the token."""

    @router.get("/v1/clocks/explain")
    def explain(request: Request) -> Response:
        pairs = request.query_params.multi_items()
        given = dict(pairs)
        if len(given) != len(pairs) or given.keys() - PARAMETERS or "ticket" not in given:
            return JSONResponse({"error": "give ticket, and perhaps metric, once"}, 422)
        metric = given.get("metric")
        if metric is not None and metric not in set(Metric):
            return JSONResponse({"error": f"metric is one of {', '.join(Metric)}"}, 422)
        return _explain(parts, given["ticket"], metric)


def _explain(parts: Parts, number: str, metric: str | None) -> Response:
    now = parts.now()
    with parts.store.reading() as connection:
        ticket = rows.find_ticket(connection, number)
        clocks = [] if ticket is None else clocks_of(connection, ticket.id, now)
    found = [clock for clock in clocks if metric in {None, clock.metric.value}]
    if ticket is None or (metric is not None and not found):
        return JSONResponse({"error": "there is no such ticket or clock"}, 404)
    return JSONResponse(explanation_view(ticket.number, found, now))

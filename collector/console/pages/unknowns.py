"""Errors of the fleet that have no code: the most frequent first, and what a person decides about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from collector.console.page import form_of, reader_of, render, user_of
from collector.errors import UnknownRefused
from collector.parts import Parts
from collector.store.database import Store
from collector.unknowns import repository as rows
from collector.unknowns import service
from collector.unknowns.endpoints import exists, id_of
from collector.unknowns.model import DAYS, UnknownFilter
from collector.unknowns.state import TABLE, UnknownAct, UnknownState
from wire.sentence import Sentence, sentence

SHOWN = 50
SAMPLE_LINES = 20
SPARK_WIDTH, SPARK_HEIGHT = 120, 28  # of the drawing, in its own units

Act = Callable[[Store, int, str, Mapping[str, str], datetime], None]

ACTS: Mapping[str, Act] = {
    "ignore": lambda store, unknown_id, actor, form, now: service.ignore(
        store, unknown_id, actor=actor, reason=form.get("reason", ""), now=now
    ),
    "code": lambda store, unknown_id, actor, form, now: service.mark_coded(
        store, unknown_id, actor=actor, code=form.get("code", ""), now=now
    ),
    "reopen": lambda store, unknown_id, actor, _, now: service.reopen(store, unknown_id, actor=actor, now=now),
}
STATES = {
    UnknownState.NEW: sentence("New"),
    UnknownState.IGNORED: sentence("Ignored"),
    UnknownState.CODED: sentence("Has a code"),
}


def unknown_routes(router: APIRouter, parts: Parts) -> None:
    """`/unknowns` and `/unknowns/{id}/{act}`."""

    @router.get("/unknowns")
    def index(request: Request) -> Response:
        return _page(parts, request)

    @router.post("/unknowns/{number}/{act}")
    def act(request: Request, number: str, act: str) -> Response:
        unknown_id = id_of(number)
        if act not in ACTS or unknown_id is None or not exists(parts, unknown_id):
            raise HTTPException(404)
        form = form_of(request)
        try:
            ACTS[act](parts.store, unknown_id, user_of(request).name, form, parts.now())
        except UnknownRefused as refused:
            return _page(parts, request, status=409, refused=refused.why, tried=(unknown_id, act))
        query = urlencode({name: form[name] for name in ("state", "product") if form.get(name)})
        return RedirectResponse(f"/unknowns?{query}" if query else "/unknowns", 303)


def _page(
    parts: Parts,
    request: Request,
    *,
    status: int = 200,
    refused: Sentence | None = None,
    tried: tuple[int, str] = (0, ""),
) -> Response:
    now = parts.now()
    asked = {**request.query_params, **(form_of(request) if request.method == "POST" else {})}
    state = asked.get("state") if asked.get("state") in STATES else UnknownState.NEW.value
    product = asked.get("product") or None
    with parts.store.reading() as connection:
        wanted = UnknownFilter(product=product, state=state, days=DAYS, limit=SHOWN)
        records = rows.list_unknowns(connection, wanted, now)
        counts = rows.state_counts(connection)
        products = rows.products(connection)
    return render(
        reader_of(request, now),
        "unknowns.html",
        status=status,
        records=records,
        counts={each.value: counts.get(each.value, 0) for each in UnknownState},
        states={each.value: words for each, words in STATES.items()},
        products=products,
        product=product,
        state=state,
        days=DAYS,
        spark=spark,
        sample_lines=SAMPLE_LINES,
        can={each.value for each in UnknownAct if (UnknownState(state or "new"), each) in TABLE},
        refused=refused,
        tried=tried,
    )


def spark(counts: Sequence[int]) -> str:
    """The points of a line through these counts, oldest first, as an SVG polyline takes them.

    >>> spark([0, 2, 1])
    '0,28 60,0 120,14'
    """
    highest, last = max([*counts, 1]), max(len(counts) - 1, 1)
    return " ".join(
        f"{at * SPARK_WIDTH // last},{SPARK_HEIGHT - count * SPARK_HEIGHT // highest}"
        for at, count in enumerate(counts)
    )

"""Watches the tickets through the API: when each was first seen, and which statuses it went through.

One thread asks for what changed since the last answer. It asks each 20 ms while somebody waits for
something, and calmly otherwise: the machine that is measured has to do this work too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import requests

from deploy.demo.api import Api
from deploy.demo.check.model import TicketSeen

EAGER_S = 0.02
CALM_S = 0.25

Tickets = Mapping[str, TicketSeen]


class Watch:
    """A thread from `start` to `close`."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._seen: dict[str, TicketSeen] = {}
        self._news = threading.Condition()
        self._eager = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def close(self) -> None:
        """Stop watching."""
        self._ended.set()
        self._eager.set()
        self._thread.join()

    def tickets(self) -> dict[str, TicketSeen]:
        """Every ticket so far, by number."""
        with self._news:
            return dict(self._seen)

    def until(self, holds: Callable[[Tickets], bool], within_s: float) -> bool:
        """Wait until `holds` says so of the tickets; False when time runs out."""
        deadline = time.monotonic() + within_s
        self._eager.set()
        try:
            with self._news:
                while not holds(self._seen):
                    left = deadline - time.monotonic()
                    if left <= 0:
                        return False
                    self._news.wait(left)
            return True
        finally:
            self._eager.clear()

    def refresh(self) -> None:
        """Look at every ticket anew: a count changes without a line in the timeline."""
        for ticket in self._api.tickets():
            self._take(ticket, time.time())

    def _look(self) -> None:
        cursor = 0
        while not self._ended.is_set():
            try:
                changed, cursor = self._api.tickets_since(cursor)
            except requests.RequestException:
                changed = []  # the collector is being restarted
            seen_at = time.time()
            for ticket in changed:
                self._take(ticket, seen_at)
            if self._eager.is_set():
                self._ended.wait(EAGER_S)
            else:
                self._eager.wait(CALM_S)

    def _take(self, ticket: Mapping[str, Any], seen_at: float) -> None:
        with self._news:
            known = self._seen.get(ticket["number"])
            self._seen[ticket["number"]] = _merged(known, ticket, seen_at)
            self._news.notify_all()


def _merged(known: TicketSeen | None, ticket: Mapping[str, Any], seen_at: float) -> TicketSeen:
    status = ticket["status"]
    if known is None:
        return TicketSeen(
            number=ticket["number"],
            site=ticket["site"],
            module=ticket["module"],
            code=ticket["code"],
            level=ticket["level"],
            count=ticket["count"],
            resolution=ticket["resolution"],
            identity=ticket["identity"],
            first_seen_s=seen_at,
            statuses=(status,),
        )
    way = known.statuses if known.statuses[-1] == status else (*known.statuses, status)
    return replace(known, level=ticket["level"], count=ticket["count"], resolution=ticket["resolution"], statuses=way)

"""The desk's view of the collector: its JSON API, with a token, and nothing else."""

from __future__ import annotations

from typing import Any

import requests

ANSWER_S = 10.0
PAGE = 500


class Api:
    """The console listener's API. Raises `requests.RequestException` when the collector is away."""

    def __init__(self, address: str, token: str) -> None:
        """`address` is http://127.0.0.1:port without a slash at its end."""
        self.address = address
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the visitor's is not asked about loopback
        self._session.headers["Authorization"] = f"Bearer {token}"

    def tickets_since(self, cursor: int) -> tuple[list[dict[str, Any]], int]:
        """What changed after `cursor`, and the next cursor."""
        found: list[dict[str, Any]] = []
        more = True
        while more:
            page = self._get("/v1/tickets", {"since": str(cursor), "limit": str(PAGE)})
            found += page["tickets"]
            cursor, more = page["cursor"], page["more"]
        return found, cursor

    def tickets(self) -> list[dict[str, Any]]:
        """Every ticket."""
        return self.tickets_since(0)[0]

    def act(self, number: str, action: str, **body: str) -> None:
        """Do something to a ticket as the token's user."""
        answer = self._session.post(f"{self.address}/v1/tickets/{number}/{action}", json=body, timeout=ANSWER_S)
        answer.raise_for_status()

    def is_ready(self) -> bool:
        """Whether the collector answers."""
        try:
            return self._session.get(f"{self.address}/healthz", timeout=ANSWER_S).ok
        except requests.RequestException:
            return False

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()

    def _get(self, path: str, asked: dict[str, str]) -> Any:
        answer = self._session.get(f"{self.address}{path}", params=asked, timeout=ANSWER_S)
        answer.raise_for_status()
        return answer.json()

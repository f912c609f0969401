"""The collector as a source of the vendor's published files; nothing that it says is believed here."""

from __future__ import annotations

from typing import Final

from agent.uplink.port import Transport, Unreachable
from remediation.trust.published import Fetch, NotThere, Unfetched, is_published_name

PREFIX: Final = "/v1/vendor/"
_OK: Final = 200
_ABSENT: Final = 404


def collector_fetcher(transport: Transport) -> Fetch:
    """Fetch over the agent's own client, which ends every call and bounds every answer."""

    def fetch(name: str, most: int) -> bytes:
        if not is_published_name(name):
            raise NotThere(name)
        try:
            answer = transport.get(PREFIX + name)
        except Unreachable as failure:
            raise Unfetched(str(failure.why)) from failure
        if answer.status == _ABSENT:
            raise NotThere(name)
        if answer.status != _OK:
            raise Unfetched(f"{name}: the collector answered {answer.status}")
        if len(answer.body) > most:
            raise Unfetched(f"{name} has more than {most} bytes")
        return answer.body

    return fetch

"""Who may read the metrics, pure.

With a token whoever brings it. Without one only somebody on this machine, and only where nothing shows that
a proxy stands in between: a proxy here makes the whole world come from loopback. What shows it: the address
that people type is not of this machine, the request names another host, or it says that it was passed on.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final
from urllib.parse import urlsplit

PASSED_ON: Final = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
BEARER: Final = "Bearer "


class Answer(IntEnum):
    """The status of the answer."""

    YES = 200
    TOKEN = 401
    NO = 403


@dataclass(frozen=True)
class Asker:
    """Who asks: the address on the other side, and the fields of the request by lower-case name."""

    peer: str
    fields: Mapping[str, str]


def may_read(asker: Asker, *, token: str, console_address: str, is_here: Callable[[str], bool]) -> Answer:
    """Whether this asker may read; `is_here` says of a host name or address whether it is this machine."""
    if token:
        said = asker.fields.get("authorization", "")
        brought = said.removeprefix(BEARER) if said.startswith(BEARER) else ""
        return Answer.YES if hmac.compare_digest(brought.encode(), token.encode()) else Answer.TOKEN
    if any(name in asker.fields for name in PASSED_ON):
        return Answer.NO
    hosts = (asker.peer, _host(f"//{asker.fields.get('host', '')}"), _host(console_address))
    return Answer.YES if all(is_here(host) for host in hosts) else Answer.NO


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""

"""The channel of webhooks: one POST to the address that was checked, signed, without following anything.

1. The name is resolved once; the guard looks at every address that it has.
2. The connection goes to the one that was checked. TLS and the Host header still carry the name, so
   that certificates are checked for it.
3. The answer's number is all that is read of it. A redirect is a refusal: it would be a way around 1.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.notify.guard import AddressRefused, Place, chosen, place_of
from collector.notify.model import Parcel
from collector.notify.policy import REDIRECT, pause_asked, verdict_of
from collector.notify.port import Outcome, Verdict
from collector.notify.sealing import Seal, SealBroken
from collector.notify.signing import signed_headers
from collector.notify.watchdog import Watchdog

STEP_S = 10.0  # connecting, and each read and write
WHOLE_S = 20.0  # all of it
USER_AGENT = "sitewarden-collector"
ANSWER_BYTES = 16_384  # so much is read and thrown away, so that the other side can finish its sentence

Resolve = Callable[[str, int], Sequence[str]]


def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, in the system's order; `OSError` when it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True)
class Calling:
    """The channel. `context` is the TLS configuration; names are checked by it."""

    seal: Seal
    context: ssl.SSLContext
    allow_loopback: bool = False
    resolve: Resolve = resolve
    step_s: float = STEP_S
    whole_s: float = WHOLE_S

    def send(self, parcel: Parcel, now: datetime) -> Outcome:
        """One POST."""
        try:
            secret = self.seal.open(parcel.sealed_secret, about=seal_purpose(parcel.target_id))
            place = place_of(parcel.address, allow_loopback=self.allow_loopback)
            pinned = chosen(place, self.resolve(place.host, place.port), allow_loopback=self.allow_loopback)
        except (AddressRefused, SealBroken) as refused:
            return Outcome(Verdict.REFUSED, str(refused))
        except (OSError, UnicodeError) as error:
            return Outcome(Verdict.AGAIN, f"the name is not resolved: {error}")
        body = parcel.body.encode()
        headers = {
            "content-type": "application/json",
            "user-agent": USER_AGENT,
            "connection": "close",
            **signed_headers(secret, parcel.uid, now, body),
        }
        return self._post(place, pinned, body, headers, now)

    def _post(self, place: Place, pinned: str, body: bytes, headers: dict[str, str], now: datetime) -> Outcome:
        with Watchdog(self.whole_s) as watchdog:
            status: int | None
            problem = ""
            connection = _Pinned(place, pinned, self.context if place.is_tls else None, watchdog, self.step_s)
            try:
                connection.request("POST", place.target, body, headers)
                answer = connection.getresponse()
                status, pause = answer.status, answer.getheader("retry-after")
                answer.read(ANSWER_BYTES)
            except (OSError, http.client.HTTPException, ValueError) as error:
                status, pause, problem = None, None, f"{type(error).__name__}: {error}"
            finally:
                connection.close()
        if watchdog.has_bitten:  # what was read until then may be half an answer
            return Outcome(Verdict.AGAIN, f"not answered within {self.whole_s:g} s")
        if status is None:
            return Outcome(Verdict.AGAIN, problem)
        words = "redirects are not followed" if status in REDIRECT else f"answered {status}"
        return Outcome(verdict_of(status), words, status, pause_asked(pause, now))


def seal_purpose(webhook_id: int) -> str:
    """What the secret of a webhook is sealed for: it cannot be moved to another row."""
    return f"webhook:{webhook_id}"


class _Pinned(http.client.HTTPConnection):
    """A connection for one name that goes to one IP address."""

    def __init__(
        self, place: Place, pinned: str, context: ssl.SSLContext | None, watchdog: Watchdog, step_s: float
    ) -> None:
        self.default_port = 443 if place.is_tls else 80  # left out of the Host header
        super().__init__(place.host, place.port, timeout=step_s)
        self._pinned = pinned
        self._context = context
        self._watchdog = watchdog

    def connect(self) -> None:
        """To the checked address; the certificate must be that of the name."""
        self.sock = socket.create_connection((self._pinned, self.port), self.timeout)
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
        self._watchdog.watch(self.sock)
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.do_handshake()

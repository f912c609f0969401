"""HTTP to the collector.

Every call ends: connecting takes at most 10 s, each read 30 s, the whole call `DEADLINE_S`, however
slowly bytes drip in. The deadline is kept by a timer that shuts the socket down, because no timeout
of a single read can bound a header that comes one byte at a time. Answers are read up to the
wire's body limit. No redirect is followed, nothing is unpacked, nothing is taken from the environment.

A kept connection that the other side closed meanwhile is replaced at once: our requests may be
repeated (a batch is the same bytes), so this costs nothing but the connection.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from agent.uplink.line import Line, ProxyRefused, Way
from agent.uplink.port import NO_HEADERS, Answer, Unreachable
from wire.limits import BODY_BYTES
from wire.sentence import Sentence, sentence

CONNECT_S: Final = 10.0
READ_S: Final = 30.0
DEADLINE_S: Final = 60.0
CHUNK_BYTES: Final = 65_536
HEADERS: Final = {"User-Agent": "sitewarden-agent", "Accept-Encoding": "identity"}


class Client:
    """The real transport: one kept connection, one call at a time."""

    def __init__(
        self,
        address: str,
        *,
        ca_file: Path | None = None,
        proxy: str | None = None,
        deadline_s: float = DEADLINE_S,
        read_s: float = READ_S,
        repeats: bool = True,
    ) -> None:
        self._way = Way(address, ca_file=ca_file, proxy=proxy)
        self._deadline_s = deadline_s
        self._repeats = repeats
        self._cut = _Cut()
        self._line = Line(
            self._way,
            connect_s=min(CONNECT_S, deadline_s),
            read_s=min(read_s, deadline_s),
            on_socket=self._cut.connected,
        )

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send `body` to `path` and wait for the answer."""
        return self._ask("POST", path, headers, body)

    def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS) -> Answer:
        """Ask for `path`."""
        return self._ask("GET", path, headers, None)

    def close(self) -> None:
        """Drop the kept connection."""
        self._line.close()
        self._cut.dropped()

    def hang_up(self) -> None:
        """End the call under way, from another thread."""
        self._cut.shut()

    def _ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        with self._cut.after(self._deadline_s):
            try:
                try:
                    return self._try(method, path, headers, body)
                except _Stale:
                    return replace(self._try(method, path, headers, body), repeated=True)
            except (http.client.HTTPException, OSError, ValueError) as error:
                maybe_sent, why = self._cut.is_connected, _reason(error, late=self._cut.is_cut)
                self.close()
                raise Unreachable(why, maybe_sent=maybe_sent) from error

    def _try(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        was_kept = self._line.is_kept
        if not was_kept:
            self.close()
        self._cut.is_connected = was_kept
        try:
            self._line.request(
                method, self._way.target(path), body=body, headers={**HEADERS, **self._way.headers, **headers}
            )
            response = self._line.getresponse()
        except (http.client.HTTPException, OSError) as error:
            if was_kept and self._repeats and not (self._cut.is_cut or isinstance(error, TimeoutError)):
                self.close()
                raise _Stale from error
            raise
        content = b"".join(_bounded(response))
        if self._cut.is_cut:
            raise TimeoutError("the deadline has passed")
        if self._line.sock is None:  # the other side wanted it closed
            self._cut.dropped()
        names = {name.lower() for name in response.headers}
        return Answer(response.status, {name: ", ".join(response.headers.get_all(name, [])) for name in names}, content)


class _Stale(Exception):
    """A kept connection failed that the other side may simply have closed while it was idle."""


class _Cut:
    """Knows the socket of the call under way, and shuts it when the deadline passes."""

    def __init__(self) -> None:
        self.is_cut = False
        self.is_connected = False
        self._handle: socket.socket | None = None

    @contextlib.contextmanager
    def after(self, seconds: float) -> Iterator[None]:
        """Shut the socket when the block takes longer than this."""
        self.is_cut = False
        timer = threading.Timer(seconds, self.shut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def connected(self, raw: socket.socket) -> None:
        """A new connection: keep a handle of our own, since TLS takes the socket object away."""
        self.dropped()
        self._handle = raw.dup()
        self.is_connected = True

    def dropped(self) -> None:
        """The connection is closed."""
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    def shut(self) -> None:
        """End the call under way."""
        self.is_cut = True
        if self._handle is not None:
            with contextlib.suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)


def _bounded(response: http.client.HTTPResponse) -> Iterator[bytes]:
    total = 0
    while chunk := response.read(CHUNK_BYTES):
        total += len(chunk)
        if total > BODY_BYTES:
            raise ValueError(f"the answer has more than {BODY_BYTES} bytes")
        yield chunk
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)


def _reason(error: Exception, *, late: bool) -> Sentence:
    if late or isinstance(error, TimeoutError):
        return sentence("the collector did not answer in time")
    if isinstance(error, ProxyRefused):
        return sentence("the proxy refused or could not be reached")
    if isinstance(error, ssl.SSLCertVerificationError):
        return sentence(
            "the collector's certificate is not trusted: {problem}; check ca_file in the settings, and the clock here",
            problem=error.verify_message or str(error),
        )
    if isinstance(error, ssl.SSLError):
        return sentence("no secure connection: {problem}", problem=_words(error))
    if isinstance(error, socket.gaierror):
        return sentence("the collector's name cannot be resolved")
    return sentence("the collector cannot be reached: {problem}", problem=_words(error))


def _words(error: Exception) -> str:
    """What the operating system said, else the error's own words."""
    said = error.strerror if isinstance(error, OSError) else None
    return said or str(error)[:300] or type(error).__name__

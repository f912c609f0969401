"""HTTPS to the collector: the only file that knows `requests`.

Every call ends: connecting takes at most 10 s, each read 30 s, the whole call `DEADLINE_S`, however
slowly bytes drip in. The deadline is kept by a timer that shuts the socket down, because no timeout
of a single read can bound a header that comes one byte at a time. Answers are read up to the
wire's body limit. No redirect is followed, nothing is taken from the environment.

A kept connection that the other side closed meanwhile is replaced at once: our requests may be
repeated (a batch is the same bytes), so this costs nothing but the connection.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from agent.plain_requests import HTTPAdapter, requests
from agent.settings.address import address_problem
from agent.uplink.port import NO_HEADERS, Answer, Unreachable
from wire.limits import BODY_BYTES
from wire.sentence import Sentence, sentence

CONNECT_S: Final = 10.0
READ_S: Final = 30.0
DEADLINE_S: Final = 60.0
CHUNK_BYTES: Final = 65_536
SYSTEM_CA: Final = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")


class Client:
    """The real transport: one session, kept connections, one call at a time."""

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
        problem = address_problem(address)
        if problem is not None:
            raise ValueError(str(problem))
        self._address = address.rstrip("/")
        self._deadline_s = deadline_s
        self._repeats = repeats
        self._timeouts = (min(CONNECT_S, deadline_s), min(read_s, deadline_s))
        self._cut = _Cut()
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(ca_file) if ca_file else _system_ca()
        self._session.proxies = {"http": proxy, "https": proxy} if proxy else {}
        self._session.headers.update({"User-Agent": "sitewarden-agent", "Accept-Encoding": "identity"})
        self._session.mount("http://", _Adapter(self._cut))
        self._session.mount("https://", _Adapter(self._cut))

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send `body` to `path` and wait for the answer."""
        return self._ask("POST", path, headers, body)

    def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS) -> Answer:
        """Ask for `path`."""
        return self._ask("GET", path, headers, None)

    def close(self) -> None:
        """Drop the kept connections."""
        self._session.close()

    def hang_up(self) -> None:
        """End the call under way, from another thread."""
        self._cut.shut()

    def _ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        with self._cut.after(self._deadline_s):
            try:
                return self._try(method, path, headers, body)
            except requests.ConnectionError as error:
                if not (self._repeats and self._cut.is_stale(error)):
                    raise self._unreachable(error) from error
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                raise self._unreachable(error) from error
            try:
                return replace(self._try(method, path, headers, body), repeated=True)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                raise self._unreachable(error) from error

    def _try(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        self._cut.begin()
        response = self._session.request(
            method,
            self._address + path,
            data=body,
            headers=dict(headers),
            timeout=self._timeouts,
            allow_redirects=False,
            stream=True,
        )
        with contextlib.closing(response):
            content = b"".join(_bounded(response))
        if self._cut.is_cut:
            raise requests.Timeout("the deadline has passed")
        return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, content)

    def _unreachable(self, error: Exception) -> Unreachable:
        return Unreachable(_reason(error, late=self._cut.is_cut), maybe_sent=self._cut.is_connected)


class _Cut:
    """Knows the socket of the call under way, and shuts it when the deadline passes."""

    def __init__(self) -> None:
        self.is_cut = False
        self.is_connected = False
        self._was_reused = False
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

    def begin(self) -> None:
        """A request starts; it runs on a kept connection unless `connected` is told of a new one."""
        self.is_connected = self._was_reused = self._handle is not None

    def connected(self, raw: socket.socket) -> None:
        """A new connection: keep a handle of our own, since TLS takes the socket object away."""
        self.dropped()
        self._handle = raw.dup()
        self.is_connected, self._was_reused = True, False

    def dropped(self) -> None:
        """The connection is closed."""
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    def is_stale(self, error: Exception) -> bool:
        """Whether a kept connection failed that the other side may simply have closed while it was idle."""
        return self._was_reused and not self.is_cut and not isinstance(error, requests.Timeout)

    def shut(self) -> None:
        """End the call under way."""
        self.is_cut = True
        if self._handle is not None:
            with contextlib.suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)


class _Adapter(HTTPAdapter):
    """The adapter of `requests` with connections that report their socket."""

    def __init__(self, cut: _Cut) -> None:
        self._cut = cut
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Build the pool with our connection classes."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._cut)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """The same for a proxy."""
        proxied = super().proxy_manager_for(*args, **kwargs)
        proxied.pool_classes_by_scheme = _pools(self._cut)
        return proxied


def _pools(cut: _Cut) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            raw = super()._new_conn()
            cut.connected(raw)
            return raw

        def close(self) -> None:
            cut.dropped()
            super().close()

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            raw = super()._new_conn()
            cut.connected(raw)
            return raw

        def close(self) -> None:
            cut.dropped()
            super().close()

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _bounded(response: requests.Response) -> Iterator[bytes]:
    total = 0
    for chunk in response.raw.stream(CHUNK_BYTES, decode_content=False):
        total += len(chunk)
        if total > BODY_BYTES:
            raise ValueError(f"the answer has more than {BODY_BYTES} bytes")
        yield chunk


def _system_ca() -> str | bool:
    """The system's own list of authorities, so that one added by the administrator counts."""
    return next((path for path in SYSTEM_CA if Path(path).exists()), True)


def _reason(error: Exception, *, late: bool) -> Sentence:
    if late or (isinstance(error, requests.Timeout) and not isinstance(error, requests.exceptions.ConnectTimeout)):
        return sentence("the collector did not answer in time")
    if isinstance(error, requests.exceptions.ProxyError):
        return sentence("the proxy refused or could not be reached")
    if isinstance(error, requests.exceptions.SSLError):
        return _tls_reason(error)
    if _cause(error, socket.gaierror) or _cause(error, urllib3.exceptions.NameResolutionError):
        return sentence("the collector's name cannot be resolved")
    return sentence("the collector cannot be reached: {problem}", problem=_innermost(error))


def _tls_reason(error: Exception) -> Sentence:
    verification = _cause(error, ssl.SSLCertVerificationError)
    if not isinstance(verification, ssl.SSLCertVerificationError):
        return sentence("no secure connection: {problem}", problem=_innermost(error))
    return sentence(
        "the collector's certificate is not trusted: {problem}; check ca_file in the settings, and the clock here",
        problem=verification.verify_message or str(verification),
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    queue: list[BaseException] = [error]
    while queue:
        current = queue.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        inner = [current.__cause__, current.__context__, getattr(current, "reason", None), *current.args]
        queue.extend(item for item in inner if isinstance(item, BaseException))


def _cause(error: BaseException, kind: type[BaseException]) -> BaseException | None:
    return next((item for item in _chain(error) if isinstance(item, kind)), None)


def _innermost(error: BaseException) -> str:
    """The plainest words in the chain: what the operating system said, else the first error's own."""
    system = next((item for item in _chain(error) if isinstance(item, OSError) and item.strerror), None)
    return str(system.strerror) if isinstance(system, OSError) else str(error)[:300]

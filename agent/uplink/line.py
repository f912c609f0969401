"""One kept connection to the collector, straight or through a proxy.

The proxy is spoken to in plain HTTP: it is asked for a tunnel (CONNECT), with the user name and password of its
address as Basic credentials, and sees nothing of what TLS carries through. Nothing is taken from the environment.
"""

from __future__ import annotations

import base64
import http.client
import select
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from agent.settings.address import address_problem, split_proxy

SYSTEM_CA: Final = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
SYSTEM_CA_FOLDER: Final = Path("/etc/ssl/certs")  # each authority in a file of its own, under the hash of its name
PORTS: Final = {"http": 80, "https": 443}


class ProxyRefused(OSError):
    """The proxy cannot be reached, or opens no tunnel."""


@dataclass(frozen=True)
class Proxy:
    """Where a proxy is, and what it is told about who asks."""

    host: str
    port: int
    credentials: dict[str, str]

    @classmethod
    def at(cls, address: str) -> Proxy:
        """The proxy of an address such as `http://user:password@proxy:3128`; ValueError for what is none."""
        parts = split_proxy(address)
        return cls(parts.hostname or "", parts.port or PORTS["http"], _credentials(parts))


class Way:
    """How a collector is reached: its address, the proxy before it, and whose certificates count."""

    def __init__(self, address: str, *, ca_file: Path | None = None, proxy: str | None = None) -> None:
        problem = address_problem(address)
        if problem is not None:
            raise ValueError(str(problem))
        parts = urlsplit(address)
        self.host, self.port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        self.is_secure = parts.scheme == "https"
        self._ca_file = ca_file
        self.proxy = Proxy.at(proxy) if proxy else None
        self._prefix = parts.path.rstrip("/")
        if self.is_forwarded:
            self._prefix = f"http://{parts.netloc}{self._prefix}"

    @property
    def is_forwarded(self) -> bool:
        """Whether the proxy reads the request itself, because no TLS hides it."""
        return self.proxy is not None and not self.is_secure

    @property
    def headers(self) -> dict[str, str]:
        """What the way itself adds to each request."""
        return self.proxy.credentials if self.proxy is not None and self.is_forwarded else {}

    def target(self, path: str) -> str:
        """What stands in the first line of a request for `path`."""
        return self._prefix + path

    def open(self, connect_s: float) -> socket.socket:
        """A connection to the collector, or to the proxy before it."""
        if self.proxy is None:
            return socket.create_connection((self.host, self.port), connect_s)
        try:
            return socket.create_connection((self.proxy.host, self.proxy.port), connect_s)
        except OSError as error:
            raise ProxyRefused(str(error)) from error

    def through(self, raw: socket.socket) -> socket.socket:
        """The same connection behind the tunnel and inside TLS, as far as there is either.

        Who is trusted is read for each connection: the file may have changed, or be gone.
        """
        if not self.is_secure:
            return raw
        if self.proxy is not None:
            _open_tunnel(raw, self.host, self.port, self.proxy.credentials)
        return trusting(self._ca_file).wrap_socket(raw, server_hostname=self.host)


class Line(http.client.HTTPConnection):
    """A connection that opens again when it has to, and shows the socket under TLS to `on_socket`."""

    def __init__(
        self, way: Way, *, connect_s: float, read_s: float, on_socket: Callable[[socket.socket], None]
    ) -> None:
        super().__init__(way.host, way.port)
        self.default_port = PORTS["https" if way.is_secure else "http"]
        self._way = way
        self._connect_s = connect_s
        self._read_s = read_s
        self._on_socket = on_socket

    def connect(self) -> None:
        """Open it; `http.client` calls this where there is no connection."""
        raw = self._way.open(self._connect_s)
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._on_socket(raw)
            self.sock = self._way.through(raw)
        except BaseException:
            raw.close()
            raise
        self.sock.settimeout(self._read_s)

    @property
    def is_kept(self) -> bool:
        """Whether there is a connection from before that the other side has not closed, nor spoken on unasked."""
        if self.sock is None:
            return False
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return not poll.poll(0)


def _open_tunnel(raw: socket.socket, host: str, port: int, credentials: dict[str, str]) -> None:
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    fields = {"Host": place, **credentials}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    try:
        raw.sendall(f"CONNECT {place} HTTP/1.1\r\n{head}\r\n".encode("ascii"))
        answer = http.client.HTTPResponse(raw, method="CONNECT")
        answer.begin()
        answer.close()
    except (OSError, http.client.HTTPException) as error:
        raise ProxyRefused(str(error)) from error
    if answer.status != HTTPStatus.OK:
        raise ProxyRefused(f"{answer.status} {answer.reason}")


def _credentials(parts: SplitResult) -> dict[str, str]:
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """TLS that believes this file, or the system's own list, so that one added by the administrator counts.

    The folder of that list is asked for one authority at a time; the file is the same list, of which each
    context would hold all in memory, a megabyte.
    """
    if ca_file is not None:
        return ssl.create_default_context(cafile=str(ca_file))
    if any(SYSTEM_CA_FOLDER.glob("*.0")):
        return ssl.create_default_context(capath=str(SYSTEM_CA_FOLDER))
    return ssl.create_default_context(cafile=next((path for path in SYSTEM_CA if Path(path).exists()), None))

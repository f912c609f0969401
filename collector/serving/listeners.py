"""Opening the two listeners before anything runs, so that what is wrong is one clear sentence."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from dataclasses import dataclass

from collector.errors import ListenerRefused
from collector.settings.model import Listener
from wire.sentence import Sentence, sentence

BACKLOG = 2_048  # a herd after a restart; the kernel caps it at net.core.somaxconn


@dataclass(frozen=True)
class Opened:
    """A bound socket and the address that people type."""

    socket: socket.socket
    address: str
    certificate: str | None
    key: str | None


def open_listener(listener: Listener) -> Opened:
    """Check the certificate and bind; `ListenerRefused` says what is wrong."""
    secure = _check_certificate(listener)
    if not secure and not is_loopback(listener.host):
        raise ListenerRefused(
            sentence(
                "plain HTTP is for this machine alone: give the listener on {host} a certificate and a key",
                host=listener.host,
            )
        )
    bound = _bound(listener)
    port = bound.getsockname()[1]
    host = f"[{listener.host}]" if ":" in listener.host else listener.host
    address = f"{'https' if secure else 'http'}://{host}:{port}"
    return Opened(bound, address, listener.certificate, listener.key)


def is_loopback(host: str) -> bool:
    """Whether this host name is this machine alone.

    >>> [is_loopback(host) for host in ("localhost", "127.0.0.1", "::1", "0.0.0.0", "127.evil.example")]
    [True, True, True, False, False]
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_certificate(listener: Listener) -> bool:
    """Whether the listener speaks TLS, with a certificate that loads."""
    if listener.certificate is None and listener.key is None:
        return False
    if listener.certificate is None or listener.key is None:
        raise ListenerRefused(sentence("a listener has both a certificate and a key, or neither"))
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(listener.certificate, listener.key, _no_password)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise ListenerRefused(
            sentence(
                "the certificate {certificate} with the key {key} cannot be used: {problem}",
                certificate=listener.certificate,
                key=listener.key,
                problem=_reason(error),
            )
        ) from error
    return True


def _no_password() -> str:
    raise ValueError("the key has a password; a service cannot type it")


def _bound(listener: Listener) -> socket.socket:
    try:
        found = socket.getaddrinfo(listener.host, listener.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        # The protocol is named, because asyncio sets TCP_NODELAY only then: without it each answer on a kept
        # connection waits 40 ms for the other side's delayed acknowledgement.
        bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            bound.listen(BACKLOG)
        except BaseException:
            bound.close()
            raise
    except OSError as error:
        raise ListenerRefused(
            sentence(
                "cannot listen on {host}, port {port}: {problem}",
                host=listener.host,
                port=listener.port,
                problem=_reason(error),
            )
        ) from error
    bound.setblocking(False)  # noqa: FBT003  # the standard library's signature
    return bound


def _reason(error: Exception) -> Sentence | str:
    if isinstance(error, PermissionError):
        return sentence("no permission")
    if isinstance(error, FileNotFoundError):
        return sentence("there is no such file")
    return getattr(error, "strerror", None) or str(error)

"""Which addresses a collector may have, pure."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from wire.sentence import Sentence, sentence


def address_problem(address: str) -> Sentence | None:
    """Why this collector address cannot be used; None when it can."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return sentence("{address} is not an address", address=address)
    if parts.scheme not in {"https", "http"} or not host or port == 0 or parts.query or parts.fragment:
        return sentence("{address} is not an address such as https://collector.example:8443", address=address)
    if parts.username or parts.password:
        return sentence("an address holds no user name or password")
    if parts.scheme == "http" and not is_loopback(host):
        return sentence("plain http is allowed for this machine alone (127.0.0.1, ::1, localhost); use https")
    return None


def split_proxy(address: str) -> SplitResult:
    """The parts of a proxy's address; ValueError for what is none.

    >>> split_proxy("proxy.example:3128").port, split_proxy("http://user:word@proxy.example").username
    (3128, 'user')
    """
    parts = urlsplit(address if "://" in address else f"http://{address}")
    if parts.scheme != "http" or not parts.hostname or parts.port == 0 or parts.path not in {"", "/"}:
        raise ValueError(address)
    return parts


def proxy_problem(address: str) -> Sentence | None:
    """Why this address of a proxy cannot be used; None when it can."""
    try:
        split_proxy(address)
    except ValueError:
        return sentence("this is not the address of a proxy such as http://proxy.example:3128")
    return None


def is_plain(address: str) -> bool:
    """Whether this (usable) address is plain HTTP, which is for this machine alone."""
    return urlsplit(address).scheme == "http"


def is_loopback(host: str) -> bool:
    """Whether this host name is this machine.

    >>> [is_loopback(host) for host in ("localhost", "127.0.0.1", "::1", "127.evil.example", "10.0.0.1")]
    [True, True, True, False, False]
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

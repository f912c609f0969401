"""Addresses and paths that a patch may name on the host: this host only, in their plain form. Pure."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from remediation.patch.paths import path_faults

_ADDRESS: Final = re.compile(r"(?P<host>localhost|[0-9.]{7,15}|\[[0-9a-fA-F:]{2,39}\]):(?P<port>[1-9][0-9]{0,4})")
_PLAIN: Final = re.compile(r"[\x21-\x7e]+")
PORT: Final = 65_535


def is_loopback_address(text: str) -> bool:
    """Whether `text` is HOST:PORT on this host.

    >>> is_loopback_address("127.0.0.1:8080"), is_loopback_address("[::1]:80"), is_loopback_address("10.0.0.1:80")
    (True, True, False)
    """
    found = _ADDRESS.fullmatch(text)
    return found is not None and int(found["port"]) <= PORT and _is_loopback(found["host"])


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_loopback_url(text: str) -> bool:
    """Whether `text` is an http address on this host, with a port, without user and fragment.

    >>> is_loopback_url("http://127.0.0.1:8080/health"), is_loopback_url("http://127.0.0.1@evil.test:80/")
    (True, False)
    """
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    is_plain = _PLAIN.fullmatch(text) is not None and "\\" not in text and not parts.fragment
    return is_plain and parts.scheme in {"http", "https"} and is_loopback_address(parts.netloc)


def is_absolute_path(text: str) -> bool:
    """Whether `text` is an absolute path without detours.

    >>> is_absolute_path("/opt/his/VERSION"), is_absolute_path("/opt/../etc"), is_absolute_path("opt")
    (True, False, False)
    """
    return text.startswith("/") and not any(True for _ in path_faults(text[1:]))

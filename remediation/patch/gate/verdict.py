"""What answers mean: pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Final
from urllib.parse import SplitResult, urlsplit

from remediation.patch.errors import PatchRefused
from remediation.patch.manifest import Gate, Probe
from wire.sentence import sentence

HOUR_S: Final = 3_600.0
LEAST_ERRORS: Final = 3  # so few say nothing, whatever the hour before was
SOON_S: Final = 60.0  # a rate over less than this says nothing
_HTTP_PORT: Final = 80


def is_loopback(host: str) -> bool:
    """Whether the address is of this host only; names but `localhost` are not resolved.

    >>> is_loopback("127.0.0.9"), is_loopback("::1"), is_loopback("10.0.0.1"), is_loopback("evil.test")
    (True, True, False, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def http_place(target: str) -> tuple[str, int, str]:
    """(host, port, path with query) of an address on loopback; `PatchRefused` for any other."""
    try:
        split: SplitResult = urlsplit(target)
        port = split.port or _HTTP_PORT
    except ValueError:
        split, port = SplitResult("", "", "", "", ""), 0
    host = split.hostname or ""
    if split.scheme != "http" or not is_loopback(host):
        raise PatchRefused(sentence("{address} is not an http address on this host", address=target))
    return host, port, (split.path or "/") + (f"?{split.query}" if split.query else "")


def tcp_place(target: str) -> tuple[str, int]:
    """(host, port) on loopback; `PatchRefused` for any other."""
    host, _, port = target.rpartition(":")
    host = host.strip("[]")
    if not is_loopback(host) or not (port.isdecimal() and 0 < int(port) <= 65_535):  # noqa: PLR2004
        raise PatchRefused(sentence("{address} is not an address with a port on this host", address=target))
    return host, int(port)


def faults_of(gate: Gate) -> Iterator[str]:
    """Probes that could never say anything."""
    for probe in gate.probes:
        if probe.good > probe.tries:
            yield f"{probe.name}: {probe.good} good answers of {probe.tries} tries"
        if probe.kind == "command" and not probe.argv:
            yield f"{probe.name}: no command"
        if probe.kind == "version" and not probe.target.startswith("/"):
            yield f"{probe.name}: no file"


def is_decided(probe: Probe, good: int, tried: int) -> bool:
    """Whether the remaining answers cannot change the verdict."""
    return good >= probe.good or good + probe.tries - tried < probe.good


def too_many_errors(before_hour: float, found: float, seconds: float, factor: float) -> bool:
    """Whether errors since the start are more than `factor` times what the hour before had in the same time.

    >>> too_many_errors(60, 5, 120, 2), too_many_errors(60, 4, 120, 2), too_many_errors(0, 3, 3_600, 5)
    (True, False, False)
    """
    expected = before_hour * max(seconds, SOON_S) / HOUR_S
    return found > max(LEAST_ERRORS, expected * factor)

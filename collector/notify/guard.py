"""Where a webhook may go: the rules of an address, and of what its name resolves to; without a socket.

A webhook makes this machine call an address that somebody typed, from inside the vendor's network.
So an address is https to a public place and nothing else, and a name is resolved once: every
address that it has must be public, and the connection goes to the one that was checked, never to
what the name says a moment later. Loopback is for tests and the demo, where a setting allows it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from collector.errors import CollectorError
from wire.sentence import Sentence, sentence

ADDRESS_CHARS = 2_000
PORT_MAX = 65_535

IP = ipaddress.IPv4Address | ipaddress.IPv6Address

# Beside what the `ipaddress` module calls not global: places that carry an IPv4 address inside, and services of
# clouds that answer on a public address to machines inside.
_REFUSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "168.63.129.16/32",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "240.0.0.0/4",
        "::/96",
        "::ffff:0:0/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
    )
)


class AddressRefused(CollectorError):
    """A webhook may not go there."""


@dataclass(frozen=True)
class Place:
    """An address that may be called, taken apart. `target` is path and query."""

    host: str
    port: int
    target: str
    is_tls: bool


def place_of(address: str, *, allow_loopback: bool) -> Place:
    """The parts of a webhook's address; `AddressRefused` says what is wrong with it."""
    if len(address) > ADDRESS_CHARS or not address.isascii() or any(char <= " " or char == "\x7f" for char in address):
        raise AddressRefused(sentence("an address has at most {limit} printable ASCII characters", limit=ADDRESS_CHARS))
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise AddressRefused(sentence("this is no address: {problem}", problem=str(error))) from error
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise AddressRefused(sentence("a webhook's address begins with https://"))
    if parts.scheme == "http" and not allow_loopback:
        raise AddressRefused(sentence("a webhook's address begins with https://"))
    if "@" in parts.netloc or parts.fragment or "\\" in address:
        raise AddressRefused(sentence("a webhook's address holds no user, no fragment and no backslash"))
    is_tls = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.hostname, port if port is not None else (443 if is_tls else 80), target, is_tls)


def refusal_of(address: IP, *, allow_loopback: bool) -> Sentence | None:
    """Why nothing may be sent to this IP address; None when it may."""
    if allow_loopback and address.is_loopback:
        return None
    is_inside = (
        not address.is_global
        or address.is_multicast
        or address.is_reserved
        or any(address.version == network.version and address in network for network in _REFUSED)
    )
    return sentence("{address} is not a public address", address=str(address)) if is_inside else None


def chosen(place: Place, found: Sequence[str], *, allow_loopback: bool) -> str:
    """The address to connect to, out of all that the name has; `AddressRefused` when one of them is not public."""
    if not found:
        raise AddressRefused(sentence("{host} has no address", host=place.host))
    for text in found:
        address = ipaddress.ip_address(text.partition("%")[0])
        refusal = refusal_of(address, allow_loopback=allow_loopback)
        if refusal is None and not place.is_tls and not address.is_loopback:
            refusal = sentence("without TLS a webhook goes to this machine alone")
        if refusal is not None:
            raise AddressRefused(refusal)
    return found[0]

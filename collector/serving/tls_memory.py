"""What a TLS connection keeps while nothing happens on it.

asyncio gives each connection a buffer of 256 KB for what it has received, which with ten thousand agents that keep
their connections are 2.6 GB for nothing. A TLS record holds 16 KB at most, so a buffer of that size reads as much
at once as the other side can have sealed at once; larger bodies take more rounds, and none of ours is large.
"""

from __future__ import annotations

from asyncio import sslproto

RECORD_BYTES = 16_384  # RFC 8446, 5.1: the most that one record carries


def keep_little() -> None:
    """Give every TLS connection of this process that begins from now on a buffer of one record."""
    sslproto.SSLProtocol.max_size = RECORD_BYTES

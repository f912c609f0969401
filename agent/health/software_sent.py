"""What the collector was last told of this host's software: a file beside the spool.

Losing it costs one whole list. It is written after the diffs are in the spool: a crash between the
two sends the same diffs twice, which changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from agent.durable import write_durably
from agent.health.listing import Sent, differences
from agent.health.probe import Listing
from wire.messages import InventoryDiff

FILE_NAME: Final = "software.json"

_log = logging.getLogger("sitewarden")


class SoftwareSent:
    """Turns lists into diffs. `begin_anew` when the host got another name at the collector."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._sent: dict[str, Sent] = {}
        try:
            self._sent = msgspec.json.decode(self._path.read_bytes(), type=dict[str, Sent])
        except FileNotFoundError:
            pass
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            _log.warning("%s cannot be used (%s); the lists of software are sent anew", self._path, error)

    def begin_anew(self) -> None:
        """Send whole lists next."""
        self._sent = {}

    def diffs(self, listings: Sequence[Listing], now: datetime) -> tuple[dict[str, Sent], list[InventoryDiff]]:
        """What has to be sent, and what to `note` once it is stored."""
        sent, diffs = dict(self._sent), list[InventoryDiff]()
        for listing in listings:
            kept, more = differences(listing.of, sent.get(listing.of, Sent()), listing.versions, now)
            sent[listing.of] = kept
            diffs += more
        return sent, diffs

    def note(self, sent: dict[str, Sent]) -> None:
        """It is in the spool."""
        self._sent = sent
        try:
            write_durably(self._path, msgspec.json.encode(sent))
        except OSError as error:
            _log.warning("%s cannot be written: %s", self._path, error)

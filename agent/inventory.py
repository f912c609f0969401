"""What the host is and what is watched there, within the limits of one batch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from agent.release import VERSION
from wire.catalogue.model import Catalogue
from wire.limits import FIELDS, LINE_CHARS
from wire.messages import Inventory, SourceState

SOURCES_CHARS: Final = 100_000  # of paths and problems together: an inventory shares a batch with events
SOURCES: Final = 1_000

_NUMBER: Final = re.compile(r"\d+")


def take_inventory(
    *,
    hostname: str,
    os: str,
    kernel: str,
    catalogues: Mapping[str, Catalogue],
    sources: Iterable[SourceState],
    now: datetime,
) -> Inventory:
    """The inventory now; files beyond the limits are left out, `status` on the host has them all."""
    listed: list[SourceState] = []
    chars = 0
    for source in sources:
        chars += len(source.path) + len(source.problem)
        if len(listed) >= SOURCES or chars > SOURCES_CHARS:
            break
        listed.append(
            SourceState(
                path=source.path[:LINE_CHARS],
                position=source.position,
                problem=source.problem[:LINE_CHARS],
                encoding=source.encoding,
            )
        )
    versions = {catalogue.product: catalogue.version for catalogue in catalogues.values()}
    return Inventory(
        taken_at=now,
        hostname=hostname,
        os=os,
        kernel=kernel,
        agent_version=VERSION,
        catalogues=dict(sorted(versions.items())[:FIELDS]),
        sources=listed,
    )


def watched_files(sources: Iterable[SourceState]) -> set[tuple[str, str]]:
    """What of the sources is worth an inventory: files and what is wrong with them.

    Not how far they were read, and no number in a problem: "8 bytes are not utf-8" grows with the file.
    """
    return {(source.path, _NUMBER.sub("#", source.problem)) for source in sources}

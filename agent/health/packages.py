"""The packages of a Debian system, from dpkg's own list: no program is started, and everybody may read it.

`rpm_packages.py` does the same for RPM.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

DPKG_STATUS: Final = Path("/var/lib/dpkg/status")
WANTED: Final = (b"Package:", b"Version:", b"Status:", b"Architecture:", b"Multi-Arch:")
PACKAGES: Final = 20_000


def installed(status: Path = DPKG_STATUS) -> dict[str, str]:
    """Name -> version of every installed package, `name:architecture` for a second one; empty without dpkg."""
    found: dict[str, str] = {}
    try:
        with status.open("rb") as file:
            for stanza in stanzas(file):
                name = stanza.get("Package", "")
                if name and stanza.get("Status", "").endswith(" installed") and len(found) < PACKAGES:
                    name = f"{name}:{stanza['Architecture']}" if name in found else name
                    found[name] = stanza.get("Version", "")
    except FileNotFoundError:
        return {}
    return found


def stanzas(lines: Iterable[bytes]) -> Iterator[dict[str, str]]:
    """The paragraphs of a Debian control file, with the few fields that are wanted here."""
    fields: dict[str, str] = {}
    for line in lines:
        if line.startswith(WANTED):
            name, _, value = line.decode("utf-8", "replace").partition(":")
            fields[name] = value.strip()
        elif line == b"\n" and fields:
            yield fields
            fields = {}
    if fields:
        yield fields

"""Which versions of the vendor's modules this host has, asked as the catalogues say, inside the local bounds.

The catalogue is signed by the vendor, the bounds are the customer's: files below the roots that the
settings name, this host and named hosts over HTTP, and the list of packages. Anything else is not
looked at, and nothing is ever started. A file counts as where it really is: a link that leads out of the
roots leads nowhere.
"""

from __future__ import annotations

import ipaddress
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from agent.settings.probes import BoundsSettings
from wire.catalogue.dialect import compile_pattern
from wire.catalogue.model import Catalogue, VersionProbe

TEXT_BYTES: Final = 256_000
LINE_CHARS: Final = 2_000
VERSION_CHARS: Final = 128
NOT_FOUND: Final = ""

Fetch = Callable[[str, int], bytes]


def module_versions(
    catalogues: Sequence[Catalogue], bounds: BoundsSettings, packages: Mapping[str, str], fetch: Fetch
) -> dict[str, str]:
    """`PRODUCT/MODULE` -> version of each module that has version probes; empty where none of them knows."""
    versions = {}
    for catalogue in catalogues:
        for module in catalogue.modules:
            if module.probes:
                tries = (look(probe, bounds, packages, fetch) for probe in module.probes)
                versions[f"{catalogue.product}/{module.code}"] = next(filter(None, tries), NOT_FOUND)
    return versions


def look(probe: VersionProbe, bounds: BoundsSettings, packages: Mapping[str, str], fetch: Fetch) -> str:
    """The version that this probe finds, or nothing."""
    try:
        if probe.package is not None:
            return packages.get(probe.package, NOT_FOUND)[:VERSION_CHARS]
        if probe.file is not None:
            raw = read_inside(Path(probe.file), bounds.roots)
        elif probe.url is not None and may_ask(probe.url, bounds.hosts):
            raw = fetch(probe.url, TEXT_BYTES)
        else:
            return NOT_FOUND
    except OSError:
        return NOT_FOUND
    return _first_match(raw.decode("utf-8", "replace"), probe.regex or "")


def read_inside(path: Path, roots: Sequence[str]) -> bytes:
    """The beginning of a regular file below one of the roots; OSError for anything else."""
    real = Path(os.path.realpath(path))
    if not any(real.is_relative_to(os.path.realpath(root)) for root in roots):
        raise PermissionError(f"{path} is outside the bounds")
    descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise PermissionError(f"{path} is no regular file")
        return file.read(TEXT_BYTES)


def may_ask(url: str, hosts: Sequence[str]) -> bool:
    """Whether the address names this host itself, or one of `hosts`.

    >>> may_ask("http://127.0.0.1:8080/version", []), may_ask("http://app.example/", ["app.example"])
    (True, True)
    >>> may_ask("http://169.254.169.254/", []), may_ask("http://127.0.0.1.example/", [])
    (False, False)
    """
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    if host in {"localhost", *hosts}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _first_match(text: str, regex: str) -> str:
    pattern = compile_pattern(regex)
    for line in text.splitlines():
        if match := pattern.search(line[:LINE_CHARS]):
            return (match.group(1) or NOT_FOUND)[:VERSION_CHARS]
    return NOT_FOUND

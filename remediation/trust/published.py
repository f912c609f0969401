"""A published repository as files: strict names, sizes, and where to fetch them from.

    metadata/timestamp.json      metadata/bundle.json
    metadata/3.root.json         metadata/7.snapshot.json    metadata/2.targets.json    metadata/4.product-his.json
    targets/<sha256>.catalogue.yaml

The same layout is what the desk publishes, what a collector serves, what a stick carries and what a
host keeps, so that each of them can be the source of the next one. A name that does not match one of
the two patterns is never looked for.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

METADATA_FOLDER: Final = "metadata"
TARGETS_FOLDER: Final = "targets"
ROOT: Final = "root"
TARGETS: Final = "targets"
SNAPSHOT: Final = "snapshot"
TIMESTAMP: Final = "timestamp"
BUNDLE: Final = "bundle"
PRODUCT_ROLE: Final = "product-"
BUNDLED_SNAPSHOT: Final = "bundle/snapshot.json"

TIMESTAMP_FILE: Final = "timestamp.json"
BUNDLE_FILE: Final = "bundle.json"
MADE_AT: Final = "made_at"  # beyond TUF: when the vendor made this version of a role, RFC 3339
FILE_BYTES: Final = 1_000_000  # of any of them: what the agent takes in one answer

METADATA_NAME: Final = re.compile(r"[1-9][0-9]{0,8}\.[a-z][a-z0-9-]{0,79}\.json|timestamp\.json|bundle\.json")
TARGET_NAME: Final = re.compile(r"[0-9a-f]{64}\.[a-z0-9][a-z0-9._-]{0,99}")

_PATTERNS: Final = {METADATA_FOLDER: METADATA_NAME, TARGETS_FOLDER: TARGET_NAME}

# name, most bytes -> bytes; FileNotFoundError where there is none, another OSError where it may come later
Fetch = Callable[[str, int], bytes]


class NotThere(FileNotFoundError):
    """The source has no file of this name."""


class Unfetched(OSError):
    """The source did not answer, or with too much; trying again later may help."""


def blob_name(path: str, sha256: str) -> str:
    """The file that holds a target: `<sha256>.<last part of its path>`."""
    return f"{sha256}.{path.rpartition('/')[2]}"


def is_published_name(name: str) -> bool:
    """Whether `metadata/...` or `targets/...` is a name that a repository can hold."""
    folder, _, file = name.partition("/")
    pattern = _PATTERNS.get(folder)
    return pattern is not None and pattern.fullmatch(file) is not None


def folder_fetcher(folder: Path) -> Fetch:
    """Fetch from a folder: a stick, or what another process of this host keeps. Follows no link at the end."""

    def fetch(name: str, most: int) -> bytes:
        if not is_published_name(name):
            raise NotThere(name)
        try:
            handle = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotThere(name) from error
        except OSError as error:
            raise Unfetched(f"{name}: {error.strerror}") from error
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise NotThere(name)
        with os.fdopen(handle, "rb") as source:
            return _bounded(source.read(most + 1), name, most)

    return fetch


def _bounded(content: bytes, name: str, most: int) -> bytes:
    if len(content) > most:
        raise Unfetched(f"{name} has more than {most} bytes")
    return content

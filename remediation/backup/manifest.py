"""What stood in a snapshot at the time of the backup, kept inside the same snapshot as `manifest.json`.

A drill compares with this, never with the live system, which has moved on. Row counts, versions and
sizes are those of the dump; hashes are those of a sample of the files, taken while they were saved.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import Struct

FORMAT = 1


class Moments(Struct, kw_only=True, frozen=True):
    """Any moment from `since` to `until` comes back, by the clock of the server that was saved."""

    since: datetime
    until: datetime
    user: str  # the cluster's first superuser
    database: str  # where assertions are asked


class DatabaseFacts(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One database as it was dumped."""

    name: str  # of the source in the backup policy
    engine: str  # postgresql, postgresql-cluster, mariadb, sqlite, redis
    version: str  # of the server or library that held it
    files: list[str]  # of the dump, relative to the stage
    hashes: dict[str, str] = {}  # SHA-256 of each of these files
    size_bytes: int = 0  # as the engine counts it
    tables: dict[str, int] = {}  # rows of each table, schema-qualified, in the snapshot of the dump
    extensions: list[str] = []
    moments: Moments | None = None  # of a cluster that is saved with its WAL
    warnings: list[str] = []  # for example tables whose engine knows no consistent snapshot


class FileFacts(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One file of the sample."""

    path: str
    size_bytes: int
    mtime_ns: int
    sha256: str


class Manifest(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One snapshot."""

    format: int = FORMAT
    run: str  # the backup run, as in the snapshot's labels
    site: str
    host: str
    at: datetime
    product: str = ""
    databases: list[DatabaseFacts] = []
    files: list[FileFacts] = []
    trees: list[str] = []


def encode_manifest(manifest: Manifest) -> bytes:
    """As it stands in the stage."""
    return msgspec.json.format(msgspec.json.encode(manifest))


def decode_manifest(content: bytes) -> Manifest:
    """The manifest; `msgspec.ValidationError` or `msgspec.DecodeError` when it is none."""
    return msgspec.json.decode(content, type=Manifest)

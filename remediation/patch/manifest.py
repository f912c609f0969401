"""What a patch is: files, steps on databases, services, and how the result is judged.

The manifest is published as a target of the product (`<product>/patches/<id>.json`), so that the product's offline
key vouches for it; the payload is named in it by its SHA-256 and may come from anywhere. What a customer
approves is the digest of a request that names the manifest's digest: never a name, never a version.

Paths are relative to `root`, with single slashes, without `.` and `..`; `reading` checks what a shape cannot say.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from wire.catalogue.model import Texts
from wire.documents.model import Digest
from wire.fields import Name, Time

FORMAT: Final = 1
FILES: Final = 100_000
STEPS: Final = 200
SERVICES: Final = 20
PROBES: Final = 20
PAYLOAD_BYTES: Final = 4_000_000_000
UNPACKED_BYTES: Final = 16_000_000_000
MANIFEST_BYTES: Final = 900_000  # a target of the vendor's repository has less than a million

PatchId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}\Z")]
RelativePath = Annotated[str, Meta(pattern=r"^[^/\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,1000}\Z")]
AbsolutePath = Annotated[str, Meta(pattern=r"^(/[^/\x00-\x1f\x7f]+)+\Z", max_length=1_000)]
Version = Annotated[str, Meta(min_length=1, max_length=128)]
OptionalDigest = Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")]
Argument = Annotated[str, Meta(min_length=1, max_length=500)]
Argv = Annotated[list[Argument], Meta(min_length=1, max_length=64)]
Seconds = Annotated[float, Meta(gt=0, le=3_600)]


class Layout(StrEnum):
    """How the product lies on the disk."""

    RELEASES = "releases"  # root/releases/<digest>/ and the link root/current
    IN_PLACE = "in_place"  # files below root are exchanged one by one, with their old bytes kept


class _Part(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all parts have in common."""


class FileChange(_Part, kw_only=True, frozen=True):
    """One file: `old` is its SHA-256 before (empty: it is not there), `new` after (empty: it goes away)."""

    path: RelativePath
    old: OptionalDigest = ""
    new: OptionalDigest = ""
    mode: Annotated[int, Meta(ge=0, le=0o777)] = 0o644
    size_bytes: Annotated[int, Meta(ge=0, le=UNPACKED_BYTES)] = 0


class Undoing(StrEnum):
    """How a step on a database is taken back."""

    TRANSACTION = "transaction"  # all statements of all such steps are one transaction, and it is never committed half
    BACKWARD = "backward"  # by statements of its own
    SNAPSHOT = "snapshot"  # by restoring what was saved right before
    NEVER = "never"  # allowed only as the last step, and only with an approval that names it


class Correction(_Part, kw_only=True, frozen=True):
    """A correction of data touches the rows that it names and no other number of them.

    `rows_of` selects the rows that will change (with their key), before; the number has to be within the bounds,
    and the rows are kept as they were.
    """

    table: Annotated[str, Meta(min_length=1, max_length=200)]
    rows_of: Annotated[str, Meta(min_length=1, max_length=20_000)]
    rows_min: Annotated[int, Meta(ge=0, le=10_000_000)]
    rows_max: Annotated[int, Meta(ge=0, le=10_000_000)]


class DatabaseStep(_Part, kw_only=True, frozen=True):
    """Statements on one database of the local settings. Each runs at most once, also through a crash."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}\Z")]
    engine: Literal["postgresql", "mariadb", "sqlite"]
    database: Name  # as the local settings of the host call it
    forward: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=100_000)]], Meta(min_length=1, max_length=STEPS)
    ]
    backward: Annotated[list[Annotated[str, Meta(min_length=1, max_length=100_000)]], Meta(max_length=STEPS)] = []
    undoing: Undoing
    correction: Correction | None = None
    timeout_s: Seconds = 600


class Service(_Part, kw_only=True, frozen=True):
    """Something that has to stand still meanwhile: a unit of systemd, or three argument lists.

    `pid_file`, `ports` and `files` say how to see that it really stopped: no process, no listener, nothing open.
    """

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9@._-]{1,128}\Z")]
    unit: Annotated[str, Meta(pattern=r"^[A-Za-z0-9@._-]{1,128}\.service\Z")] | None = None
    start: Argv | None = None
    stop: Argv | None = None
    status: Argv | None = None  # exit code 0: it runs
    ports: Annotated[list[Annotated[int, Meta(ge=1, le=65_535)]], Meta(max_length=20)] = []
    stop_s: Seconds = 60
    start_s: Seconds = 60


class Probe(_Part, kw_only=True, frozen=True):
    """One question about health after the start: `good` of `tries` answers have to be right."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}\Z")]
    kind: Literal["http", "tcp", "command", "version"]
    target: Annotated[str, Meta(max_length=500)] = ""  # address on loopback, or path of the file with the version
    argv: Annotated[list[Argument], Meta(max_length=64)] = []
    expect: Annotated[str, Meta(max_length=1_000)] = ""  # text that the answer has to hold
    tries: Annotated[int, Meta(ge=1, le=100)] = 3
    good: Annotated[int, Meta(ge=1, le=100)] = 2
    every_s: Annotated[float, Meta(gt=0, le=300)] = 1
    timeout_s: Seconds = 10


class Gate(_Part, kw_only=True, frozen=True):
    """What has to hold before the patch counts. `error_factor`: known errors may be so many times the hour before."""

    probes: Annotated[list[Probe], Meta(max_length=PROBES)] = []
    soak_s: Annotated[float, Meta(ge=0, le=86_400)] = 0
    error_factor: Annotated[float, Meta(ge=0, le=1_000)] | None = None


class Needs(_Part, kw_only=True, frozen=True):
    """What the host must have, and how long the product is away."""

    disk_bytes: Annotated[int, Meta(ge=0, le=2**53)] = 0
    downtime_s: Annotated[float, Meta(ge=0, le=86_400)] = 0
    min_agent: Annotated[str, Meta(max_length=64)] = ""


class Payload(_Part, kw_only=True, frozen=True):
    """The files as one tar in one zstd frame, in the order of their paths."""

    sha256: Digest
    size_bytes: Annotated[int, Meta(ge=0, le=PAYLOAD_BYTES)]
    unpacked_bytes: Annotated[int, Meta(ge=0, le=UNPACKED_BYTES)]


class Manifest(_Part, kw_only=True, frozen=True):
    """One patch."""

    format: Literal[1] = FORMAT
    id: PatchId
    product: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}\Z")]
    module: Name
    title: Texts
    notes: Texts | None = None
    made_at: Time
    from_versions: Annotated[list[Version], Meta(min_length=1, max_length=200)]
    to_version: Version
    layout: Layout = Layout.RELEASES
    root: AbsolutePath
    from_tree: OptionalDigest = ""  # of everything below the release that is replaced (releases)
    files: Annotated[list[FileChange], Meta(max_length=FILES)] = []
    payload: Payload | None = None  # none: steps on databases only
    database: Annotated[list[DatabaseStep], Meta(max_length=STEPS)] = []
    services: Annotated[list[Service], Meta(max_length=SERVICES)] = []
    gate: Gate = Gate()
    needs: Needs = Needs()
    fixes: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=200)] = []  # codes of the coding file
    requires: Annotated[list[PatchId], Meta(max_length=100)] = []
    conflicts: Annotated[list[PatchId], Meta(max_length=100)] = []
    multi_host: bool = False  # all hosts prepare, then all switch

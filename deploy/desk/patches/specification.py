"""What a person writes to have a patch built: a short YAML beside two directories."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from deploy.desk.commands.documents import read_file
from remediation.patch.manifest import (
    SERVICES,
    STEPS,
    AbsolutePath,
    Correction,
    Gate,
    Layout,
    Needs,
    PatchId,
    Seconds,
    Service,
    Undoing,
    Version,
)
from wire.catalogue.model import Texts
from wire.fields import Name, Time
from wire.yaml_text import read_yaml

SPECIFICATION_BYTES: Final = 1_000_000

Globs = Annotated[list[Annotated[str, Meta(min_length=1, max_length=500)]], Meta(max_length=200)]
SqlFiles = Annotated[list[Annotated[str, Meta(min_length=1, max_length=500)]], Meta(max_length=STEPS)]


class _Part(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What all parts have in common."""


class Selected(_Part, kw_only=True, frozen=True):
    """Which files are compared. `*` stands for any characters, also for slashes; `exclude` wins."""

    include: Globs = msgspec.field(default_factory=lambda: ["*"])
    exclude: Globs = []


class Step(_Part, kw_only=True, frozen=True):
    """A step on a database; `forward` and `backward` name .sql files beside the YAML."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}\Z")]
    engine: Literal["postgresql", "mariadb", "sqlite"]
    database: Name
    forward: SqlFiles
    backward: SqlFiles = []
    undoing: Undoing
    correction: Correction | None = None
    timeout_s: Seconds = 600


class Specification(_Part, kw_only=True, frozen=True):
    """The whole of it. `made_at` stands here and is no clock's, so that a second build gives the same bytes."""

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
    files: Selected = Selected()
    database: Annotated[list[Step], Meta(max_length=STEPS)] = []
    services: Annotated[list[Service], Meta(max_length=SERVICES)] = []
    gate: Gate = Gate()
    needs: Needs = Needs()
    fixes: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=200)] = []
    requires: Annotated[list[PatchId], Meta(max_length=100)] = []
    conflicts: Annotated[list[PatchId], Meta(max_length=100)] = []
    multi_host: bool = False


def read_specification(path: Path) -> Specification:
    """The specification in a file; `TextRefused` names line and column, `CommandRefused` when it cannot be read."""
    return read_yaml(read_file(path, SPECIFICATION_BYTES), Specification)

"""The customer's backup policy as a file: its schema, and every fault with line and column. Pure.

The file belongs to the customer's administrator. It alone says what is saved, where to, how often and
how it is proven; nothing that comes over the network changes it. What the vendor's catalogue declares
for a product counts only inside `what.bounds`.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

from wire.errors import Fault, TextRefused
from wire.fields import Name
from wire.limits import LINE_CHARS
from wire.sentence import Sentence, sentence
from wire.yaml_text import Marks, mark_of, read_placed

DEFAULT_STATE: Final = "/var/lib/sitewarden-backup"
ENTRIES: Final = 200
DRILL_LEVELS: Final = 5  # L0 to L4
PROVEN_LEVEL: Final = 3  # below it nobody knows whether the data means anything

PathText = Annotated[str, Meta(min_length=1, max_length=LINE_CHARS)]
AbsolutePath = Annotated[str, Meta(pattern=r"^/", max_length=LINE_CHARS)]
Short = Annotated[str, Meta(max_length=LINE_CHARS)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
Seconds = Annotated[float, Meta(ge=60, le=366 * 86_400)]
Days = Annotated[float, Meta(gt=0, le=3_650)]
Kept = Annotated[int, Meta(ge=0, le=1_000)]
Share = Annotated[float, Meta(gt=0, le=100)]


class _Part(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What every part of the file has in common."""


class TargetRule(_Part, frozen=True, kw_only=True):
    """One place for snapshots. `key_file` holds its key; the rest says how the place itself is entered.

    `address` is a folder, `sftp://user@host/folder`, `s3+https://host/bucket/prefix` or `rest+https://host/name`.
    """

    address: Annotated[str, Meta(pattern=r"^(/|sftp://|s3\+https?://|rest\+https?://)", max_length=LINE_CHARS)]
    engine: Literal["archive", "restic"] = "archive"
    key_file: AbsolutePath
    credentials: AbsolutePath | None = None  # SFTP: a private key; S3: key, secret, region; rest: user, password
    known_hosts: AbsolutePath = "/etc/sitewarden/known_hosts"  # SFTP: the host keys that count
    authority: AbsolutePath | None = None  # a CA file, for addresses with https
    own_disk: bool = False  # a USB disk: nothing is written while it is not attached
    append_only: bool = True  # whoever steals this host must not delete what was saved: prune on the receiver's side


class DatabaseRule(_Part, frozen=True, kw_only=True):
    """One database. `path` is a file (SQLite); the rest is for servers, whose own defaults hold otherwise.

    `postgresql-cluster` is a whole server of PostgreSQL, which comes back to any moment between two runs.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\Z")]
    engine: Literal["sqlite", "postgresql", "postgresql-cluster", "mariadb", "redis"]
    path: AbsolutePath | None = None
    database: Short = ""
    host: Short = ""
    port: Annotated[int, Meta(ge=1, le=65_535)] | None = None
    socket: Short = ""
    user: Short = ""
    password_file: AbsolutePath | None = None
    base_every_s: Seconds = 7 * 86_400  # of a cluster: a new base backup, after which its WAL begins anew
    assertions: Annotated[list[AssertionRule], Meta(max_length=ENTRIES)] = []


class AssertionRule(_Part, frozen=True, kw_only=True):
    """A reading statement whose first value has to be this, asked of the restored database in a drill."""

    name: Name
    query: Annotated[str, Meta(min_length=1, max_length=10_000)]
    equals: Annotated[str, Meta(max_length=500)]


class BoundsRule(_Part, frozen=True, kw_only=True):
    """Inside of what a declaration of the vendor may ask for anything."""

    roots: Annotated[list[AbsolutePath], Meta(max_length=ENTRIES)] = []
    databases: Annotated[list[Literal["sqlite", "postgresql", "mariadb", "redis"]], Meta(max_length=8)] = []


class WhatRule(_Part, frozen=True, kw_only=True):
    """What is saved. `named` files are hashed at each backup and compared in each drill, beside a random sample."""

    trees: Annotated[list[AbsolutePath], Meta(max_length=ENTRIES)] = []
    exclude: Annotated[list[PathText], Meta(max_length=ENTRIES)] = []
    one_file_system: bool = False
    named: Annotated[list[AbsolutePath], Meta(max_length=ENTRIES)] = []
    sample: Annotated[int, Meta(ge=0, le=10_000)] = 200
    databases: Annotated[list[DatabaseRule], Meta(max_length=ENTRIES)] = []
    products: Annotated[list[Name], Meta(max_length=64)] = []
    bounds: BoundsRule = BoundsRule()
    vendor_root: AbsolutePath | None = None  # the vendor's first root, a file of root: products are verified from it
    vendor: AbsolutePath = "/var/lib/sitewarden/vendor"  # the agent's copy of the vendor's repository


class WindowRule(_Part, frozen=True, kw_only=True):
    """When a backup may begin: from `start` on each of `days` until `end`, on the next day if that is not later."""

    days: Annotated[list[Day], Meta(min_length=1, max_length=7)]
    start: Clock
    end: Clock


class ScheduleRule(_Part, frozen=True, kw_only=True):
    """When. `daily_at` in the zone's wall time, or every so many seconds. `catch_up`: run what downtime missed."""

    daily_at: Annotated[list[Clock], Meta(max_length=24)] = []
    every_s: Seconds | None = None
    zone: Annotated[str, Meta(min_length=1, max_length=64)] = "UTC"
    windows: Annotated[list[WindowRule], Meta(max_length=50)] = []
    catch_up: bool = True
    retry_s: Seconds = 900


class LimitsRule(_Part, frozen=True, kw_only=True):
    """What a run may use."""

    nice: Annotated[int, Meta(ge=0, le=19)] = 10
    upload_bytes_per_s: Annotated[int, Meta(ge=1_000, le=2**40)] | None = None
    stage_free_bytes: Annotated[int, Meta(ge=0, le=2**50)] = 500_000_000  # left on the disk beside the dumps


class RetentionRule(_Part, frozen=True, kw_only=True):
    """What is kept, judged by when it arrived; and when something looks too wrong to remove anything."""

    last: Kept = 3
    daily: Kept = 7
    weekly: Kept = 5
    monthly: Kept = 12
    yearly: Kept = 3
    shrunk_percent: Share = 50
    proof_days: Days = 40


class ProbeRule(_Part, frozen=True, kw_only=True):
    """How a level-4 drill asks the restored service whether it is well: a loopback port that answers in time."""

    port: Annotated[int, Meta(ge=1, le=65_535)]
    path: Short = "/"
    status: Annotated[int, Meta(ge=100, le=599)] = 200
    contains: Short = ""


class ServiceRule(_Part, frozen=True, kw_only=True):
    """How the whole service is started from a restore. `{root}` in an argument is the restored folder."""

    argv: Annotated[list[PathText], Meta(min_length=1, max_length=64)]
    probes: Annotated[list[ProbeRule], Meta(min_length=1, max_length=16)]
    within_s: Annotated[float, Meta(ge=1, le=3_600)] = 120


class DrillRule(_Part, frozen=True, kw_only=True):
    """One rung of the ladder: 0 index, 1 bytes, 2 files, 3 databases, 4 the whole service."""

    level: Annotated[int, Meta(ge=0, le=4)] = field(name="drill")
    every_s: Seconds
    parts: Annotated[int, Meta(ge=1, le=366)] = 30  # of level 1: after so many drills every byte was read
    files: Annotated[int, Meta(ge=1, le=10_000)] = 50  # of level 2: so many random ones beside the named


class ProvingRule(_Part, frozen=True, kw_only=True):
    """Which drills, and how old the newest proof of level 3 may be before this site is no longer green."""

    ladder: Annotated[list[DrillRule], Meta(max_length=DRILL_LEVELS)] = []
    proof_days: Days = 35
    service: ServiceRule | None = None
    account: Short = ""  # who scratch servers and the service run as, where root starts a drill


class BackupPolicy(_Part, frozen=True, kw_only=True):
    """The whole file."""

    version: Literal[1, "1"]
    site: Name
    host: Name
    product: Annotated[str, Meta(max_length=128)] = ""
    state: AbsolutePath = DEFAULT_STATE
    target: TargetRule
    copy: TargetRule | None = None
    what: WhatRule
    schedule: ScheduleRule
    limits: LimitsRule = LimitsRule()
    retention: RetentionRule = RetentionRule()
    drills: ProvingRule = ProvingRule()


def read_backup_policy(text: str | bytes) -> BackupPolicy:
    """The policy in `text`; `TextRefused` with every fault found."""
    return read_placed_backup_policy(text)[0]


def read_placed_backup_policy(text: str | bytes) -> tuple[BackupPolicy, Marks]:
    """The policy, and where each of its parts stands; `TextRefused` with every fault found."""
    policy, marks = read_placed(text, BackupPolicy)
    found = [Fault(*mark_of(path, marks), problem) for check in _CHECKS for path, problem in check(policy)]
    if found:
        raise TextRefused(sorted(found, key=lambda fault: (fault.line, fault.column)))
    return policy, marks


Found = Iterator[tuple[str, Sentence]]


def _what_faults(policy: BackupPolicy) -> Found:
    what = policy.what
    if not (what.trees or what.databases or what.products):
        yield "$.what", sentence("nothing is named that shall be saved: trees, databases or products")
    if what.products and not (what.bounds.roots or what.bounds.databases):
        yield "$.what.products", sentence("what a product declares counts only inside bounds; name some under bounds")
    if what.products and what.vendor_root is None:
        yield "$.what.products", sentence("products are verified from the vendor's root; name it as vendor_root")
    paths = [("trees", path) for path in what.trees] + [("named", path) for path in what.named]
    paths += [("bounds.roots", path) for path in what.bounds.roots]
    for part, path in paths:
        if ".." in path.split("/"):
            yield f"$.what.{part}", sentence("{path} is not a plain absolute path", path=path)
    inside = [*what.trees, *what.bounds.roots]
    for at, path in enumerate(what.named):
        if not any(is_below(path, tree) for tree in inside):
            yield f"$.what.named[{at}]", sentence("{path} lies in none of the trees, so it is not saved", path=path)


def _database_faults(policy: BackupPolicy) -> Found:
    names: set[str] = set()
    for at, rule in enumerate(policy.what.databases):
        path = f"$.what.databases[{at}]"
        if rule.name in names:
            yield f"{path}.name", sentence("the database {name} stands twice", name=rule.name)
        names.add(rule.name)
        if rule.engine == "sqlite" and rule.path is None:
            yield path, sentence("a SQLite database is named by the path of its file")


def _schedule_faults(policy: BackupPolicy) -> Found:
    schedule = policy.schedule
    if bool(schedule.daily_at) == (schedule.every_s is not None):
        yield "$.schedule", sentence("a schedule has daily_at or every_s, one of the two")
    if not _is_zone(schedule.zone):
        yield "$.schedule.zone", sentence("{zone} is not a time zone such as Asia/Seoul", zone=schedule.zone)


def _target_faults(policy: BackupPolicy) -> Found:
    if policy.copy is not None and policy.copy.address == policy.target.address:
        yield "$.copy.address", sentence("the second copy lies at the target itself, so both are lost together")
    for at, tree in enumerate(policy.what.trees):
        if is_below(policy.target.address, tree):
            yield f"$.what.trees[{at}]", sentence("{path} holds the target, which would save itself", path=tree)
    for at, pattern in enumerate(policy.what.exclude):
        if is_below(policy.state, pattern.rstrip("/*")):
            words = sentence("{pattern} would leave out the dumps below {state}", pattern=pattern, state=policy.state)
            yield f"$.what.exclude[{at}]", words


def _drill_faults(policy: BackupPolicy) -> Found:
    levels = [rule.level for rule in policy.drills.ladder]
    for at, level in enumerate(levels):
        if level in levels[:at]:
            yield f"$.drills.ladder[{at}].drill", sentence("the level {level} stands twice", level=level)
        if level == DRILL_LEVELS - 1 and policy.drills.service is None:
            yield f"$.drills.ladder[{at}].drill", sentence("level 4 needs drills.service, which says what to start")


_CHECKS = (_what_faults, _database_faults, _schedule_faults, _target_faults, _drill_faults)


def is_below(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or lies in it, by their texts.

    >>> is_below("/srv/app/a", "/srv/app"), is_below("/srv/apple", "/srv/app"), is_below("/srv", "/")
    (True, False, True)
    """
    folder = folder.rstrip("/")
    return path == folder or path.startswith(f"{folder}/")


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True

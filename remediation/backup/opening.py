"""From the rules of the policy to working parts: targets with their engines, databases with their sources."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from remediation.backup.engines.archive.engine import ArchiveEngine
from remediation.backup.engines.archive.keyring import Recipient
from remediation.backup.engines.port import Engine
from remediation.backup.engines.targets.directory import Directory
from remediation.backup.engines.targets.pace import Pace
from remediation.backup.engines.targets.port import Target
from remediation.backup.errors import TargetRefused
from remediation.backup.keys.spelling import one_word
from remediation.backup.placing import read_owned
from remediation.backup.policy_file import DatabaseRule, LimitsRule, TargetRule
from remediation.backup.programs import Programs
from remediation.backup.running import Means
from remediation.backup.sources.login import Login
from remediation.backup.sources.mariadb import MariadbSource
from remediation.backup.sources.port import Source
from remediation.backup.sources.postgresql import PostgresqlSource
from remediation.backup.sources.postgresql_cluster import ClusterSource
from remediation.backup.sources.redis_server import RedisSource
from remediation.backup.sources.sqlite import SqliteSource
from wire.sentence import sentence

CACHE: Final = "cache"
KEPT: Final = "clusters"


if TYPE_CHECKING:
    from remediation.backup.engines.restic.engine import ResticEngine


@dataclass(frozen=True)
class Tools:
    """What acting parts need of the process around them."""

    means: Means
    sleep: Callable[[float], object]
    random_bytes: Callable[[int], bytes]


def open_engine(rule: TargetRule, key: bytes, cache: Path, tools: Tools, limits: LimitsRule | None = None) -> Engine:
    """The engine of this target. It is not touched yet; `TargetRefused` for an address that means nothing here."""
    limits = limits or LimitsRule()
    if rule.engine == "restic":
        return open_restic(rule, key, cache, tools, limits)
    return open_archive(rule, key, cache, tools, limits)


def open_archive(rule: TargetRule, key: bytes, cache: Path, tools: Tools, limits: LimitsRule) -> ArchiveEngine:
    """The archive engine of this target, which also knows recipients."""
    pace = Pace(limits.upload_bytes_per_s, tools.means.monotonic, tools.sleep)
    return ArchiveEngine(_target(rule, pace, tools), Recipient(key), _own(cache, rule), tools.random_bytes)


def _target(rule: TargetRule, pace: Pace, tools: Tools) -> Target:
    """Where the objects lie; the code of a target by network is imported only for one."""
    if rule.address.startswith("/"):
        return Directory(Path(rule.address), pace=pace, new_name=tools.means.new_id, is_own_disk=rule.own_disk)
    from remediation.backup.opening_network import bucket_of, sftp_place_of  # noqa: PLC0415

    if rule.address.startswith("sftp://"):
        from remediation.backup.engines.targets.sftp import Sftp  # noqa: PLC0415

        return Sftp(sftp_place_of(rule), pace=pace, new_name=tools.means.new_id)
    if rule.address.startswith("s3+"):
        from remediation.backup.engines.targets.s3 import S3  # noqa: PLC0415

        return S3(bucket_of(rule), pace=pace)
    words = sentence("{address} with the engine {engine} is not known here", address=rule.address, engine=rule.engine)
    raise TargetRefused(words)


def open_restic(rule: TargetRule, key: bytes, cache: Path, tools: Tools, limits: LimitsRule) -> ResticEngine:
    """Restic at this target; its code is imported only here."""
    from remediation.backup.engines.restic.calling import Gentle  # noqa: PLC0415
    from remediation.backup.engines.restic.engine import ResticEngine  # noqa: PLC0415
    from remediation.backup.opening_restic import place_of  # noqa: PLC0415

    programs = Programs(tools.means.monotonic)
    gentle = Gentle(limits.upload_bytes_per_s, limits.nice)
    return ResticEngine(place_of(rule), one_word(key), _own(cache, rule), programs, gentle)


def _own(cache: Path, rule: TargetRule) -> Path:
    """A folder of ours for this target."""
    return cache / hashlib.sha256(f"{rule.engine} {rule.address}".encode()).hexdigest()[:16]


def open_sources(rules: Sequence[DatabaseRule], programs: Programs, state: Path, means: Means) -> list[Source]:
    """One source for each database of the policy. `state`: where a cluster's base backup and WAL are kept."""
    return [_source(rule, programs, state / KEPT / rule.name, means) for rule in rules]


def _source(rule: DatabaseRule, programs: Programs, kept: Path, means: Means) -> Source:
    if rule.engine == "sqlite":
        return SqliteSource(rule.name, Path(str(rule.path)))
    if rule.engine == "postgresql":
        return PostgresqlSource(rule.name, rule.database or rule.name, login_of(rule), programs)
    if rule.engine == "postgresql-cluster":
        every, database = timedelta(seconds=rule.base_every_s), rule.database or "postgres"
        return ClusterSource(rule.name, login_of(rule), programs, kept, means.now, base_every=every, database=database)
    if rule.engine == "mariadb":
        return MariadbSource(rule.name, rule.database or rule.name, login_of(rule), programs)
    return RedisSource(rule.name, login_of(rule), programs)


def login_of(rule: DatabaseRule) -> Login:
    """How the policy says to log in there."""
    password = read_owned(Path(rule.password_file)).decode().rstrip("\n") if rule.password_file else ""
    return Login(rule.user, password, rule.host or "127.0.0.1", rule.port or 0, rule.socket)

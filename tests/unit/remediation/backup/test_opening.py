from __future__ import annotations

import os
from pathlib import Path

import pytest

from remediation.backup.engines.archive.engine import ArchiveEngine
from remediation.backup.errors import TargetRefused
from remediation.backup.opening import Tools, open_engine, open_sources
from remediation.backup.policy_file import DatabaseRule, TargetRule
from remediation.backup.programs import Programs
from remediation.backup.sources.mariadb import MariadbSource
from remediation.backup.sources.postgresql import PostgresqlSource
from remediation.backup.sources.postgresql_cluster import ClusterSource
from remediation.backup.sources.redis_server import RedisSource
from remediation.backup.sources.sqlite import SqliteSource
from tests.fakes.backup_site import BackupSite

KEY = bytes(range(32))


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(BackupSite(tmp_path / "site").means, lambda _: None, os.urandom)


def test_a_folder_becomes_an_archive_and_is_not_touched(tools: Tools, tmp_path: Path) -> None:
    rule = TargetRule(address=str(tmp_path / "target"), key_file="/k")
    assert isinstance(open_engine(rule, KEY, tmp_path / "cache", tools), ArchiveEngine)
    assert not (tmp_path / "target").exists()


def test_restic_opens_with_the_same_policy(tools: Tools, tmp_path: Path) -> None:
    rule = TargetRule(address=str(tmp_path / "target"), key_file="/k", engine="restic")
    assert open_engine(rule, KEY, tmp_path / "cache", tools).name == "restic"


def test_each_engine_of_a_database_has_its_source(tools: Tools, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("secret\n")
    password.chmod(0o600)
    engines = ["sqlite", "postgresql", "postgresql-cluster", "mariadb", "redis"]
    rules = [
        DatabaseRule(name=name, engine=name, path="/x" if name == "sqlite" else None, password_file=str(password))  # type: ignore[arg-type]
        for name in engines
    ]
    found = open_sources(rules, Programs(lambda: 0.0), tmp_path, tools.means)
    assert [type(each) for each in found] == [
        SqliteSource,
        PostgresqlSource,
        ClusterSource,
        MariadbSource,
        RedisSource,
    ]
    password.chmod(0o666)
    with pytest.raises(TargetRefused, match="chmod go-w"):
        open_sources(rules[1:], Programs(lambda: 0.0), tmp_path, tools.means)

"""Which database of the backup is meant. There and back on real engines: the integration test of the same name."""

from __future__ import annotations

from msgspec.structs import replace

from remediation.backup.policy_file import DatabaseRule
from remediation.patch.databases.settings import DatabaseSetting
from remediation.patch.rehearsing import rule_of


def test_a_server_on_another_host_is_another_database() -> None:
    rule = DatabaseRule(name="a", engine="mariadb", database="his", host="db.example", port=3306)
    here = DatabaseSetting(engine="mariadb", database="his", port=3306)
    assert rule_of(here, [rule]) is None
    assert rule_of(replace(here, host="db.example"), [rule]) is rule
    local = replace(rule, host="127.0.0.1")
    assert rule_of(here, [rule, local]) is local
    assert rule_of(replace(here, engine="postgresql"), [local]) is None


def test_a_file_is_known_by_its_path() -> None:
    rule = DatabaseRule(name="a", engine="sqlite", path="/srv/a.db")
    assert rule_of(DatabaseSetting(engine="sqlite", path="/srv/a.db"), [rule]) is rule
    assert rule_of(DatabaseSetting(engine="sqlite", path="/srv/b.db"), [rule]) is None

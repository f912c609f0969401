from __future__ import annotations

import os
from pathlib import Path

import pytest

from remediation.backup.errors import TargetRefused
from remediation.backup.placing import load_backup_policy, read_owned

POLICY = """\
version: 1
site: seoul
host: app-1
target: {address: /mnt/backup, key_file: /etc/k}
what: {trees: [/srv/app]}
schedule: {every_s: 3600}
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "backup.yaml"
    path.write_text(POLICY)
    path.chmod(0o644)
    return path


def test_a_file_of_mine_is_read(policy: Path) -> None:
    assert load_backup_policy(policy).site == "seoul"


@pytest.mark.parametrize("mode", [0o664, 0o646])
def test_what_others_may_change_counts_for_nothing(policy: Path, mode: int) -> None:
    policy.chmod(mode)
    with pytest.raises(TargetRefused, match="chmod go-w"):
        load_backup_policy(policy)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_belongs_to_another_account_counts_for_nothing(policy: Path) -> None:
    os.chown(policy, 65_534, 65_534)
    with pytest.raises(TargetRefused, match="belongs to somebody else"):
        load_backup_policy(policy)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(TargetRefused, match="cannot be read"):
        read_owned(tmp_path / "none")

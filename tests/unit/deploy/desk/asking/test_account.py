from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.desk.asking.account import Account, AccountRefused, drop_account, load_account, save_account

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
ACCOUNT = Account(address="https://desk.example", name="jh", token="t", expires_at=NOW + timedelta(hours=1))


def test_it_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "sitewarden"
    path = save_account(folder, ACCOUNT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert load_account(folder, NOW) == ACCOUNT
    drop_account(folder)
    drop_account(folder)
    with pytest.raises(AccountRefused, match="not logged in"):
        load_account(folder, NOW)


def test_what_is_over_open_to_others_or_broken_is_not_used(tmp_path: Path) -> None:
    path = save_account(tmp_path, ACCOUNT)
    with pytest.raises(AccountRefused, match="over"):
        load_account(tmp_path, NOW + timedelta(hours=1))
    path.chmod(0o640)
    with pytest.raises(AccountRefused, match="others"):
        load_account(tmp_path, NOW)
    path.chmod(0o600)
    for content in (b"", b"{}", b"\xff", b'{"address":1}'):
        path.write_bytes(content)
        with pytest.raises(AccountRefused, match="cannot be used"):
            load_account(tmp_path, NOW)

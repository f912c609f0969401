from __future__ import annotations

from pathlib import Path

import pytest

from remediation.backup.errors import TargetRefused
from remediation.patch.databases.settings import load_settings, read_settings
from remediation.patch.errors import StepFailed
from wire.errors import TextRefused

GOOD = """
databases:
  clinic: {engine: postgresql, database: his, socket: /run/postgresql, user: his, password_file: PASSWORD}
  shop: {engine: mariadb, database: shop, port: 3307}
  notes: {engine: sqlite, path: /srv/notes.db}
"""


def written(folder: Path, mode: int = 0o600) -> Path:
    (folder / "password").write_text("secret\n")
    (folder / "password").chmod(mode)
    file = folder / "databases.yaml"
    file.write_text(GOOD.replace("PASSWORD", str(folder / "password")))
    file.chmod(0o600)
    return file


def test_a_patch_finds_its_databases_by_name(tmp_path: Path) -> None:
    found = load_settings(written(tmp_path))
    assert list(found) == ["clinic", "shop", "notes"]
    login = found["clinic"].login()
    assert (login.user, login.password, login.socket) == ("his", "secret", "/run/postgresql")
    assert "secret" not in repr(login)
    assert (found["shop"].login().host, found["shop"].login().port) == ("127.0.0.1", 3307)


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none") == {}


def test_a_file_that_others_may_change_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path)
    file.chmod(0o666)
    with pytest.raises(TargetRefused):
        load_settings(file)


def test_so_is_a_password(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="may be changed by others"):
        load_settings(written(tmp_path, 0o666))["clinic"].login()


@pytest.mark.parametrize("line", [
    "a: {engine: sqlite}", "a: {engine: sqlite, path: /x, user: y}", "a: {engine: mariadb}", "a: {engine: oracle}",
    "a: {engine: mariadb, database: x, path: /x}", "a: {engine: mariadb, database: x, host: h, socket: /s}",
    "a: {engine: mariadb, database: x, password: p}", "../a: {engine: sqlite, path: /x}",
    "a: {engine: sqlite, path: x}",
])  # fmt: skip
def test_what_is_wrong_is_refused(line: str) -> None:
    with pytest.raises(TextRefused):
        read_settings(f"databases:\n  {line}\n")

from __future__ import annotations

from pathlib import Path

import pytest

from remediation.backup.engines.restic.places import Folder, RestServer
from remediation.backup.errors import TargetRefused
from remediation.backup.opening_restic import place_of
from remediation.backup.policy_file import TargetRule


def _rule(address: str, credentials: Path | None = None) -> TargetRule:
    return TargetRule(
        address=address, engine="restic", key_file="/k", credentials=str(credentials) if credentials else None
    )


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    path = tmp_path / "login"
    path.touch(mode=0o600)
    return path


def test_each_address_is_a_place(credentials: Path) -> None:
    assert place_of(_rule("/mnt/backup")) == Folder(Path("/mnt/backup"))
    assert place_of(_rule("rest+https://box:8000/shop")) == RestServer("https://box:8000/shop")
    credentials.write_text("shop\nsecret\n")
    assert (
        place_of(_rule("rest+https://box:8000/shop", credentials)).address == "rest:https://shop:secret@box:8000/shop"
    )
    assert place_of(_rule("sftp://shop@box/srv/backup", credentials)).where == "sftp:shop@box:/srv/backup"
    by_port = place_of(_rule("sftp://shop@box:2222/srv/backup", credentials))
    assert by_port.where == "sftp:shop@box:/srv/backup"
    assert "-p 2222 shop@box -s sftp" in by_port.options[1]
    credentials.write_text("key\nsecret\nregion\n")
    place = place_of(_rule("s3+https://box/bucket", credentials))
    assert (place.where, place.environment["AWS_SECRET_ACCESS_KEY"]) == ("s3:https://box/bucket", "secret")


def test_missing_credentials_are_said(credentials: Path) -> None:
    with pytest.raises(TargetRefused, match="needs `credentials`"):
        place_of(_rule("s3+https://box/bucket"))
    with pytest.raises(TargetRefused, match="3 lines"):
        place_of(_rule("s3+https://box/bucket", credentials))

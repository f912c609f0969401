from __future__ import annotations

from pathlib import Path

import pytest

from remediation.backup.engines.targets.s3 import Bucket
from remediation.backup.errors import TargetRefused
from remediation.backup.opening_network import bucket_of, sftp_place_of
from remediation.backup.policy_file import TargetRule


@pytest.fixture
def known_hosts(tmp_path: Path) -> Path:
    path = tmp_path / "known_hosts"
    path.write_text(
        "other ssh-ed25519 AAAAother\nbox,10.0.0.9 ssh-ed25519 AAAAbox comment\n[box]:2222 ssh-rsa AAAArsa\n"
    )
    path.chmod(0o600)
    return path


def _sftp(address: str, known_hosts: Path) -> TargetRule:
    return TargetRule(address=address, key_file="/k", credentials="/etc/key", known_hosts=str(known_hosts))


def test_an_sftp_target_has_one_pinned_host_key(known_hosts: Path) -> None:
    place = sftp_place_of(_sftp("sftp://shop@box/srv/backup", known_hosts))
    assert (place.host, place.port, place.user, place.folder) == ("box", 22, "shop", "/srv/backup")
    assert place.host_key == "ssh-ed25519 AAAAbox"
    assert sftp_place_of(_sftp("sftp://shop@box:2222/srv", known_hosts)).host_key == "ssh-rsa AAAArsa"
    with pytest.raises(TargetRefused, match="holds no key of elsewhere"):
        sftp_place_of(_sftp("sftp://shop@elsewhere/srv", known_hosts))


def test_without_user_or_key_it_is_refused(known_hosts: Path) -> None:
    with pytest.raises(TargetRefused, match="credentials"):
        sftp_place_of(_sftp("sftp://box/srv", known_hosts))


def test_a_bucket_has_its_prefix_and_credentials(tmp_path: Path) -> None:
    login = tmp_path / "login"
    login.write_text("key\nsecret\neu-1\n")
    login.chmod(0o600)
    rule = TargetRule(address="s3+https://box:9000/bucket/shop/a", key_file="/k", credentials=str(login))
    assert bucket_of(rule) == Bucket("https://box:9000/bucket", "eu-1", "key", "secret", "shop/a")
    login.write_text("key\n")
    with pytest.raises(TargetRefused, match="3 lines"):
        bucket_of(rule)

"""restic at a server that only appends, against a thief with everything that the host has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest
import requests

from remediation.backup.engines.restic.engine import ResticEngine
from remediation.backup.engines.restic.places import Folder, RestServer, known_host, s3
from remediation.backup.errors import TargetUnavailable
from remediation.backup.model import Part
from remediation.backup.programs import Programs
from tests.fakes import rest_server
from tests.fakes.backup_engines import AT, EVERYTHING, KEY, an_order, is_restic_here, silent

needs_restic = pytest.mark.skipif(not is_restic_here(), reason="no restic (Debian package restic)")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[RestServer, list[str]]]:
    with rest_server.serving(tmp_path / "receiver") as (url, refused):
        yield RestServer(url, rest_server.USER, rest_server.PASSWORD), refused


@needs_restic
def test_yesterdays_restore_works_after_a_thief(server: tuple[RestServer, list[str]], tmp_path: Path) -> None:
    place, refused = server
    engine = ResticEngine(place, KEY.hex(), tmp_path / "state", Programs(monotonic))
    engine.prepare()
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/file").write_bytes(os.urandom(100_000))
    made = engine.save(an_order(tmp_path / "tree", at=AT.replace(year=2036)), silent).snapshot
    (found,) = engine.snapshots()
    assert found.at.year == 2036
    assert found.arrived_at is not None
    assert abs(found.arrived_at - datetime.now(UTC)) < timedelta(minutes=2)
    # `forget` from here is refused, too; restic tries for most of a minute before it says so
    account = (rest_server.USER, rest_server.PASSWORD)
    for name in (f"snapshots/{made.id}", "config", *(f"keys/{path.name}" for path in _keys(tmp_path))):
        assert requests.delete(place.url + name, auth=account, timeout=5).status_code == 403
        assert requests.post(place.url + name, b"x", auth=account, timeout=5).status_code == 403
    assert len(refused) >= 6
    engine.restore(made.id, EVERYTHING, tmp_path / "into", silent)
    where = tmp_path / "into" / tmp_path.relative_to("/") / "tree/file"
    assert where.read_bytes() == (tmp_path / "tree/file").read_bytes()
    receiver = ResticEngine(Folder(tmp_path / "receiver"), KEY.hex(), tmp_path / "other", Programs(monotonic))
    assert list(receiver.check(Part(1, 1))) == []
    assert receiver.forget([made.id]) > 90_000


def _keys(base: Path) -> list[Path]:
    return list((base / "receiver/keys").iterdir())


def test_secrets_stand_in_the_environment_only() -> None:
    place = RestServer("https://vault.example/site", "host", "p:w/1")
    assert place.address == "rest:https://host:p%3Aw%2F1@vault.example/site"
    assert "p:w" not in place.where + " ".join(place.options)
    bucket = s3("https://s3.example/bucket", "id", "secret", "eu")
    assert bucket.environment["AWS_SECRET_ACCESS_KEY"] == "secret"
    assert "secret" not in bucket.address + bucket.where + " ".join(bucket.options)


def test_an_sftp_place_pins_the_host_key() -> None:
    place = known_host("me@host", 2222, "/backup", Path("/etc/key"), Path("/etc/known"))
    assert place.address == "sftp:me@host:/backup"
    assert "StrictHostKeyChecking=yes" in place.options[1]
    assert place.options[1].endswith("-i /etc/key -p 2222 me@host -s sftp")
    assert place.arrived_at("x") is None
    assert not place.remove_lock("x")


def test_a_server_that_is_away(tmp_path: Path) -> None:
    with rest_server.serving(tmp_path) as (url, _):
        pass
    with pytest.raises(TargetUnavailable, match="does not answer"):
        RestServer(url).arrived_at("0" * 64)


def test_a_folder_that_lost_its_repository(tmp_path: Path) -> None:
    place = Folder(tmp_path)
    with pytest.raises(TargetUnavailable, match="attach the disk"):
        place.must_be_there(is_new=False)
    place.must_be_there(is_new=True)
    assert place.arrived_at("absent") is None

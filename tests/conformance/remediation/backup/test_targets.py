"""One suite for all targets, and the archive at each of them."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from remediation.backup.engines.archive.engine import ArchiveEngine
from remediation.backup.engines.archive.keyring import Recipient
from remediation.backup.engines.targets.directory import Directory
from remediation.backup.engines.targets.pace import Pace
from remediation.backup.engines.targets.port import MARKER, Absent, Target
from remediation.backup.engines.targets.s3 import S3, Bucket
from remediation.backup.engines.targets.sftp import Sftp, SftpPlace
from remediation.backup.errors import TargetRefused, TargetUnavailable
from remediation.backup.model import Part
from tests.fakes import hard_tree, s3_server, ssh_server
from tests.fakes.backup_engines import AT, EVERYTHING, KEY, an_order, at_directory, no_limit, silent

needs_sshd = pytest.mark.skipif(ssh_server.SSHD is None, reason="no sshd (Debian package openssh-server)")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ssh_server.Door]:
    with ssh_server.serving(tmp_path_factory.mktemp("ssh") / "server") as door:
        yield door


@pytest.fixture
def store() -> Iterator[s3_server.Store]:
    with s3_server.serving() as store:
        yield store


def sftp_at(door: ssh_server.Door, folder: Path, **changed: str) -> Sftp:
    place = {"host": "127.0.0.1", "user": door.user, "folder": str(folder), "host_key": door.host_key, **changed}
    return Sftp(SftpPlace(port=door.port, key=door.key, **place), pace=no_limit(), new_name=lambda: uuid.uuid4().hex)


def s3_at(store: s3_server.Store, prefix: str = "site-1", **changed: str) -> S3:
    bucket = {"region": s3_server.REGION, "access_key": s3_server.ACCESS, "secret_key": s3_server.SECRET, **changed}
    return S3(Bucket(store.url, prefix=prefix, **bucket), pace=no_limit())


@pytest.fixture(params=["directory", pytest.param("sftp", marks=needs_sshd), "s3"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    if request.param == "sftp":
        made = sftp_at(request.getfixturevalue("door"), tmp_path / "target")
        yield made
        made.close()
    elif request.param == "s3":
        yield s3_at(request.getfixturevalue("store"))
    else:
        yield at_directory(tmp_path / "target", is_synced=True)


def test_what_is_put_is_got(target: Target) -> None:
    target.prepare(b"marker")
    content = os.urandom(200_000)
    assert target.put("packs/ab/one", content)
    assert target.get("packs/ab/one") == content
    assert target.get("packs/ab/one", 100, 1_000) == content[100:1_100]
    assert target.get("packs/ab/one", 199_990) == content[-10:]
    assert target.get("packs/ab/one", 199_990, 100) == content[-10:]
    assert target.get("packs/ab/one", 5, 0) == b""
    assert target.put("packs/ab/empty", b"")
    assert target.get("packs/ab/empty") == b""
    assert target.get(MARKER) == b"marker"


def test_nothing_is_overwritten(target: Target) -> None:
    target.prepare(b"marker")
    assert target.put("snapshots/one", b"first")
    assert not target.put("snapshots/one", b"second")
    assert target.get("snapshots/one") == b"first"
    target.prepare(b"another marker")
    assert target.get(MARKER) == b"marker"


def test_what_is_not_there_is_absent(target: Target) -> None:
    target.prepare(b"marker")
    with pytest.raises(Absent):
        target.get("packs/ab/absent")
    assert list(target.listed("packs")) == []
    target.delete("packs/ab/absent")


def test_a_listing_names_everything_once(target: Target) -> None:
    target.prepare(b"marker")
    names = {f"packs/{number % 4:02}/{number}" for number in range(20)}
    for name in names:
        target.put(name, name.encode())
    target.put("index/other", b"x")
    found = list(target.listed("packs"))
    assert sorted(kept.name for kept in found) == sorted(names)
    assert all(kept.size_bytes == len(kept.name) for kept in found)
    target.delete("packs/00/0")
    assert len(list(target.listed("packs"))) == 19


def test_arrival_is_told_by_the_receiver_or_not_at_all(target: Target) -> None:
    target.prepare(b"marker")
    target.put("snapshots/one", b"x")
    (kept,) = target.listed("snapshots")
    assert kept.arrived_at is None or abs(kept.arrived_at - datetime.now(UTC)) < timedelta(seconds=30)
    assert (kept.arrived_at is None) == isinstance(target, Sftp)


def test_many_at_once(target: Target) -> None:
    target.prepare(b"marker")
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda number: target.put(f"packs/aa/{number % 10}", b"x" * 10_000), range(30)))
    assert sum(done) == 10
    assert len(list(target.listed("packs"))) == 10


def test_the_archive_at_this_target(target: Target, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    hard_tree.make(tree)
    try:
        engine = ArchiveEngine(target, Recipient(KEY), tmp_path / "cache", os.urandom)
        engine.prepare()
        first = engine.save(an_order(tree), silent)
        (tree / "more").write_bytes(os.urandom(1_000))
        engine.save(an_order(tree, at=AT + timedelta(hours=1)), silent)
        fresh = ArchiveEngine(target, Recipient(KEY), tmp_path / "cache 2", os.urandom)
        assert len(fresh.snapshots()) == 2
        fresh.restore(fresh.snapshots()[-1].id, EVERYTHING, tmp_path / "into", silent)
        assert hard_tree.described(tmp_path / "into" / tree.relative_to("/")).keys() >= {b"/more", b"/sparse"}
        if not os.geteuid():
            assert hard_tree.described(tmp_path / "into" / tree.relative_to("/")) == hard_tree.described(tree)
        assert list(fresh.check(Part(1, 1))) == []
        assert fresh.forget([first.snapshot.id]) > 0
        assert list(engine.check(Part(1, 1))) == []
    finally:
        (tree / "locked folder").chmod(0o755)


@needs_sshd
def test_another_host_key_is_refused(door: ssh_server.Door, tmp_path: Path) -> None:
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE"
    with pytest.raises(TargetRefused, match="another host key"):
        sftp_at(door, tmp_path, host_key=other).prepare(b"x")
    sftp_at(door, tmp_path / "new").prepare(b"x")  # and the right one is not


@needs_sshd
def test_a_key_that_the_server_does_not_know(door: ssh_server.Door, tmp_path: Path) -> None:
    with pytest.raises((TargetRefused, TargetUnavailable)):
        sftp_at(door, tmp_path / "new", user="nobody-here").prepare(b"x")


@needs_sshd
def test_a_connection_that_breaks_is_made_anew(door: ssh_server.Door, tmp_path: Path) -> None:
    target = sftp_at(door, tmp_path / "new")
    target.prepare(b"x")
    assert target._transport is not None
    target._transport.close()
    assert target.put("packs/one", b"1")
    target.close()


@needs_sshd
def test_a_folder_that_is_gone_is_not_made_anew(door: ssh_server.Door, tmp_path: Path) -> None:
    target = sftp_at(door, tmp_path / "new")
    target.prepare(b"x")
    (tmp_path / "new" / MARKER).unlink()
    with pytest.raises(TargetUnavailable, match="attach the disk"):
        target.put("packs/one", b"1")
    target.close()


def test_a_wrong_secret_is_told(store: s3_server.Store) -> None:
    with pytest.raises(TargetRefused, match="credentials"):
        s3_at(store, secret_key="guessed").prepare(b"x")
    assert store.refused == 1


def test_without_the_right_to_delete_everything_but_forgetting_works(store: s3_server.Store, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/file").write_bytes(os.urandom(100_000))
    store.takes_deletions = False
    engine = ArchiveEngine(s3_at(store), Recipient(KEY), tmp_path / "cache", os.urandom)
    engine.prepare()
    made = engine.save(an_order(tmp_path / "tree"), silent).snapshot
    assert list(engine.check(Part(1, 1))) == []
    with pytest.raises(TargetRefused, match="takes no deletions"):
        engine.forget([made.id])
    engine.restore(made.id, EVERYTHING, tmp_path / "into", silent)
    store.takes_deletions = True
    assert engine.forget([made.id]) > 90_000
    assert [name for name in store.objects if "leases" in name] == []


@pytest.mark.parametrize("failure", [500, 503, 0])
def test_a_service_that_fails_once_is_asked_again(store: s3_server.Store, failure: int) -> None:
    target = s3_at(store)
    target.prepare(b"x")
    store.failures.append(failure)
    assert target.put("packs/one", b"content")
    assert target.get("packs/one") == b"content"


def test_a_target_that_is_full_half_way_lists_nothing(store: s3_server.Store, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    for number in range(3):
        (tmp_path / "tree" / f"{number}").write_bytes(os.urandom(9 << 20))
    engine = ArchiveEngine(s3_at(store), Recipient(KEY), tmp_path / "cache", os.urandom)
    engine.prepare()
    store.room_bytes = 20 << 20
    with pytest.raises(TargetUnavailable, match="is full; free space"):
        engine.save(an_order(tmp_path / "tree"), silent)
    assert list(engine.snapshots()) == []
    store.room_bytes = None
    assert engine.save(an_order(tmp_path / "tree"), silent).files == 3
    assert list(engine.check(Part(1, 1))) == []


def test_a_service_that_is_away(tmp_path: Path) -> None:
    with s3_server.serving() as store:
        target = s3_at(store)
    with pytest.raises(TargetUnavailable, match="does not answer"):
        target.prepare(b"x")


def test_a_slow_line_is_kept_to(tmp_path: Path) -> None:
    now = [0.0]
    pace = Pace(100_000, lambda: now[0], lambda seconds: now.__setitem__(0, now[0] + seconds))
    target = Directory(tmp_path / "target", pace=pace, new_name=lambda: "x", is_synced=False)
    target.prepare(b"x")
    target.put("packs/one", bytes(1_000_000))
    assert 9 < now[0] < 11
    assert time.monotonic() > 0

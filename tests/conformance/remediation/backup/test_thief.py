"""A thief who has everything that the host has, against a target that only appends, and against one that does not.

He deletes, overwrites, forges times, floods, and lays down objects that are none. At the first, yesterday's
restore still works from the receiver's side, and retention removes nothing. At the second, the same deeds take
everything: what the first test shows is the target's doing, and not the thief's clumsiness.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from requests_aws4auth import AWS4Auth

from remediation.backup.engines.archive.engine import ArchiveEngine
from remediation.backup.engines.archive.keyring import Recipient
from remediation.backup.engines.targets.s3 import S3, Bucket
from remediation.backup.errors import BackupError, TargetRefused
from remediation.backup.model import Part
from remediation.backup.policy_file import RetentionRule
from remediation.backup.retention import plan_retention, suspicions
from tests.fakes import s3_server
from tests.fakes.backup_engines import EVERYTHING, KEY, an_order, no_limit, silent

FLOOD = 4


@pytest.fixture
def store() -> Iterator[s3_server.Store]:
    with s3_server.serving() as store:
        yield store


def _engine(store: s3_server.Store, cache: Path) -> ArchiveEngine:
    bucket = Bucket(store.url, s3_server.REGION, s3_server.ACCESS, s3_server.SECRET, prefix="site-1")
    return ArchiveEngine(S3(bucket, pace=no_limit()), Recipient(KEY), cache, os.urandom)


def _steal(store: s3_server.Store, thief: ArchiveEngine, tree: Path, now: datetime) -> None:
    """Everything that these credentials and this key allow, by the product's own code and around it."""
    account = AWS4Auth(s3_server.ACCESS, s3_server.SECRET, s3_server.REGION, "s3")
    with contextlib.suppress(BackupError):
        thief.forget([snapshot.id for snapshot in thief.snapshots()])
    for name in list(store.objects):
        requests.put(f"{store.url}/{name}", data=b"worthless", auth=account, timeout=5)
        requests.delete(f"{store.url}/{name}", auth=account, timeout=5)
    for name in ("snapshots/" + "f" * 32, "index/" + "0" * 64, "keys/" + "f" * 16, "leases/" + "f" * 32):
        requests.put(f"{store.url}/site-1/{name}", data=b"worthless", auth=account, timeout=5)
    for number in range(FLOOD):  # so that what is good grows old and is pruned
        with contextlib.suppress(BackupError):
            thief.save(an_order(tree, at=now + timedelta(days=number + 1)), silent)


def _plundered(store: s3_server.Store, tmp_path: Path) -> tuple[ArchiveEngine, str]:
    """The receiver's engine after the theft, and the id of yesterday's snapshot."""
    now = datetime.now(UTC)
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/book").write_bytes(bytes(range(256)) * 5_000)
    host = _engine(store, tmp_path / "cache")
    host.prepare()
    made = host.save(an_order(tmp_path / "tree", at=now), silent).snapshot
    (tmp_path / "tree/book").write_bytes(b"gone")
    _steal(store, _engine(store, tmp_path / "thief"), tmp_path / "tree", now)
    store.takes_deletions = True  # the receiver may
    return _engine(store, tmp_path / "receiver"), made.id


def test_at_a_target_that_only_appends_yesterday_comes_back(store: s3_server.Store, tmp_path: Path) -> None:
    store.takes_deletions = store.takes_overwriting = False
    receiver, yesterday = _plundered(store, tmp_path)
    snapshots = receiver.snapshots()
    assert len(snapshots) == FLOOD + 1
    arrivals = [one.arrived_at for one in snapshots]
    assert all(at is not None and abs(at - datetime.now(UTC)) < timedelta(minutes=1) for at in arrivals)
    rule, now = RetentionRule(last=1, daily=1), datetime.now(UTC)
    assert plan_retention(rule, snapshots, "UTC").removed, "without a refusal it would be pruned"
    codes = {one.code for one in suspicions(rule, snapshots, proven_at=now, now=now)}
    assert codes >= {"future"}
    strange = {damage.what for damage in receiver.check(Part(1, 1))}
    assert strange == {"snapshots/" + "f" * 32, "index/" + "0" * 64}
    with pytest.raises(TargetRefused):
        receiver.forget([snapshots[-1].id])
    receiver.restore(yesterday, EVERYTHING, tmp_path / "into", silent)
    back = tmp_path / "into" / tmp_path.relative_to("/") / "tree/book"
    assert back.read_bytes() == bytes(range(256)) * 5_000


def test_at_one_that_deletes_everything_is_lost(store: s3_server.Store, tmp_path: Path) -> None:
    receiver, yesterday = _plundered(store, tmp_path)
    with pytest.raises(BackupError):
        receiver.restore(yesterday, EVERYTHING, tmp_path / "into", silent)

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from msgspec import structs

from remediation.backup.engines.lease import owner_of
from remediation.backup.engines.port import Engine
from remediation.backup.errors import TargetRefused, TargetUnavailable
from remediation.backup.keeping import SiteBackup
from remediation.backup.lease import leased
from remediation.backup.model import SaveOrder
from remediation.backup.opening import Tools
from remediation.backup.plan import Why
from remediation.backup.policy_file import DrillRule, ProvingRule, RetentionRule, TargetRule
from remediation.backup.standing import read_state
from tests.fakes.backup_engine import CopyingEngine
from tests.fakes.backup_site import BackupSite, quiet
from wire.documents.backups import Act
from wire.sentence import sentence

LADDER = [DrillRule(level=level, every_s=7_200, parts=3, files=3) for level in (0, 1, 2, 3)]
ME = owner_of(os.getpid())


@pytest.fixture
def site() -> Iterator[BackupSite]:
    with TemporaryDirectory(prefix="sw-", dir="/tmp") as folder:
        yield BackupSite(Path(folder))


def _open(site: BackupSite, **changes: object) -> SiteBackup:
    policy = structs.replace(site.policy, drills=ProvingRule(ladder=LADDER), **changes)
    tools = Tools(site.means, lambda _: None, os.urandom)

    def engine(rule: TargetRule) -> Engine:
        if rule.address == str(site.root / "target"):
            return site.engine
        raise TargetUnavailable(sentence("not attached"))

    return SiteBackup(policy, tools, ME, signer=None, open_target=engine)


def test_a_timer_finds_what_is_due_and_nothing_twice(site: BackupSite) -> None:
    backup = _open(site)
    due, done = backup.due(quiet)
    assert (due.why, [(deed.act, deed.level) for deed in done]) == (
        Why.FIRST,
        [(Act.BACKUP, None), *((Act.DRILL, level) for level in (0, 1, 2, 3))],
    )
    assert all(deed.is_good for deed in done)
    assert backup.due(quiet)[1] == []
    site.at += timedelta(hours=1)
    assert [deed.act for deed in backup.due(quiet)[1]] == [Act.BACKUP]
    site.at += timedelta(hours=1)
    assert [deed.level for deed in backup.due(quiet)[1]] == [None, 0, 1, 2, 3]
    parts = [deed.counts["part"] for _, deed in backup.journal.deeds() if deed.level == 1]
    assert parts == [1, 2]
    backup.close()


def test_while_another_run_works_nothing_begins(site: BackupSite) -> None:
    backup = _open(site)
    with leased(site.state, str(site.root / "target"), ME), pytest.raises(TargetUnavailable, match="another run"):
        backup.due(quiet)
    assert list(backup.journal.deeds()) == []
    assert backup.due(quiet)[1]
    backup.close()


def test_failures_are_journalled_told_and_retried_later(site: BackupSite) -> None:
    backup = _open(site)
    site.engine.is_away = True
    _, done = backup.due(quiet)
    assert [(deed.is_good, deed.code) for deed in done] == [(False, "target_unavailable")]
    state = read_state(site.state)
    assert (state.failed, state.good_at) == ("the target is away", None)
    assert backup.due(quiet)[0].why is Why.RETRY_LATER
    site.engine.is_away = False
    site.at += timedelta(seconds=900)
    assert all(deed.is_good for deed in backup.due(quiet)[1])
    assert read_state(site.state).failed == ""
    backup.close()


def test_a_copy_that_is_not_attached_spoils_nothing(site: BackupSite) -> None:
    usb = TargetRule(address="/media/usb", key_file="/etc/usb.key")
    backup = _open(site, copy=usb)
    assert [(deed.act, deed.is_good) for deed in backup.run(quiet)] == [(Act.BACKUP, True), (Act.COPY, False)]
    assert read_state(site.state).copy_failed == "not attached"
    backup.close()


def test_what_a_killed_drill_left_is_cleared_by_the_next(site: BackupSite) -> None:
    backup = _open(site)
    backup.run(quiet)
    left = site.state / "drills/tree/half"
    left.mkdir(parents=True)
    assert backup.drill(LADDER[2], quiet).is_good
    assert not (site.state / "drills").exists()
    assert backup.drill(LADDER[2], quiet, folder=site.app).code == "restore_refused", "only its own folder is cleared"
    assert (site.app / "config.ini").exists()
    backup.close()


def test_drills_take_the_newest_good_snapshot(site: BackupSite) -> None:
    backup = _open(site)
    good = backup.run(quiet)[0].snapshot
    (site.app / "config.ini").unlink()
    assert not backup.run(quiet)[0].is_good
    assert backup.newest_good() == good
    assert backup.drill(LADDER[3], quiet).snapshot == good
    backup.close()


def test_prune_removes_only_where_it_may_and_nothing_looks_wrong(site: BackupSite) -> None:
    one = RetentionRule(last=1, daily=0, weekly=0, monthly=0, yearly=0)
    backup = _open(site, retention=one)
    backup.run(quiet)
    backup.run(quiet)
    with pytest.raises(TargetRefused, match="append-only"):
        backup.prune(is_preview=False)
    backup.close()
    mine = structs.replace(site.policy.target, append_only=False)
    backup = _open(site, retention=one, target=mine)
    refused = backup.prune(is_preview=False)
    assert [each.code for each in refused.refused] == ["no_proof"]
    assert len(site.engine.snapshots()) == 2
    assert read_state(site.state).retention_refused
    backup.drill(LADDER[3], quiet)
    assert len(backup.prune(is_preview=True).plan.removed) == 1
    assert len(site.engine.snapshots()) == 2
    done = backup.prune(is_preview=False)
    assert (len(done.plan.removed), done.freed_bytes > 0) == (1, True)
    assert [each.id for each in site.engine.snapshots()] == ["s0002"]
    assert read_state(site.state).retention_refused == ""
    backup.close()


def test_yesterday_survives_a_thief_with_the_hosts_rights(site: BackupSite) -> None:
    """Forged and empty snapshots come in; nothing is removed while that looks wrong, and yesterday restores."""
    mine = structs.replace(site.policy.target, append_only=False)
    backup = _open(site, target=mine, retention=RetentionRule(last=1, daily=1, weekly=0, monthly=0, yearly=0))
    backup.run(quiet)
    backup.drill(LADDER[3], quiet)
    yesterday = backup.newest_good()
    site.at += timedelta(days=1)
    thief = CopyingEngine(site.root / "target", lambda: site.at)

    (site.root / "empty").mkdir()
    for days in range(5):
        thief.save(SaveOrder("app-1", (site.root / "empty",), {}, site.at + timedelta(days=days)), quiet)
    found = backup.prune(is_preview=False)
    assert "future" in {each.code for each in found.refused}
    assert yesterday in {each.id for each in site.engine.snapshots()}
    assert backup.drill(LADDER[3], quiet).is_good
    backup.close()

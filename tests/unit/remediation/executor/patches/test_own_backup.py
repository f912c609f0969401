from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest

from remediation.backup.errors import TargetRefused
from remediation.backup.journal import Journal
from remediation.backup.programs import Programs
from remediation.executor.patches.own_backup import BackupCall, OwnBackup, deeds_in, is_wanted
from remediation.patch.errors import PatchRefused, StepFailed
from tests.fakes.backup_site import NOW
from tests.fakes.typed_backup import TypedBackup
from wire.documents.backups import Act, Deed


def deed(snapshot: str, after_s: float) -> Deed:
    at = NOW + timedelta(seconds=after_s)
    return Deed(act=Act.BACKUP, is_good=True, started_at=at, ended_at=at, snapshot=snapshot)


def told(state: Path, *deeds: Deed) -> None:
    journal = Journal(state, lambda: NOW)
    for each in deeds:
        journal.write(each)
    journal.close()


@pytest.fixture
def site(tmp_path: Path) -> TypedBackup:
    found = TypedBackup(tmp_path)
    (tmp_path / "backup.key").write_bytes(b"key")
    return found


def backup(site: TypedBackup, *argv: str, limit_s: float = 20, stop: tuple[str, ...] = ()) -> OwnBackup:
    return OwnBackup(BackupCall(site.policy, argv, stop=stop, limit_s=limit_s), Programs(time.monotonic), lambda: NOW)


def writing(site: TypedBackup, *deeds: Deed) -> tuple[str, ...]:
    """A program that adds these to the journal."""
    prepared = site.root / "prepared"
    told(site.root / "state", deed("old", -100))
    told(prepared, deed("old", -100), *deeds)
    journal = site.root / "state/journal"
    return ("/bin/sh", "-c", f"cp {prepared}/journal/chain-00000001.jsonl {journal}/")


def test_what_the_run_wrote_down_is_told_and_nothing_older(site: TypedBackup) -> None:
    found = backup(site, *writing(site, deed("new", 1))).run()
    assert [each.snapshot for each in found] == ["new"]


def test_a_run_that_began_before_it_was_asked_for_does_not_count(site: TypedBackup) -> None:
    with pytest.raises(StepFailed, match="left no record"):
        backup(site, *writing(site, deed("nightly", -1))).run()


def test_a_program_that_only_says_that_all_is_well_is_not_believed(site: TypedBackup) -> None:
    with pytest.raises(StepFailed, match="left no record: exit code 0"):
        backup(site, "/bin/true").run()
    with pytest.raises(StepFailed, match="there is no program"):
        backup(site, "/nonexistent/backup").run()


def test_one_that_takes_too_long_is_ended(site: TypedBackup) -> None:
    mark = site.root / "stopped"
    slow = backup(site, "/bin/sleep", "60", limit_s=0.3, stop=("/usr/bin/touch", str(mark)))
    with pytest.raises(StepFailed, match="took longer"):
        slow.run()
    assert mark.exists()


def test_a_policy_that_cannot_be_used_is_told_with_its_fault(site: TypedBackup) -> None:
    own = backup(site, "/bin/true")
    own.check()
    (site.root / "backup.key").unlink()
    with pytest.raises(PatchRefused, match="keys init"):
        own.check()
    site.write_policy("version: 1\n")
    with pytest.raises(PatchRefused, match="is wrong"):
        own.check()
    site.policy.chmod(0o666)
    with pytest.raises(PatchRefused, match="chmod go-w"):
        own.check()


def test_a_journal_that_is_not_there_yet_holds_nothing(tmp_path: Path) -> None:
    assert list(deeds_in(tmp_path / "none")) == []


def test_who_is_at_work_already_is_waited_for_and_asked_again(site: TypedBackup) -> None:
    wanted, count = site.root / "wanted", site.root / "count"
    *_, script = writing(site, deed("new", 1))
    second = f'test -s {wanted} && echo >> {count} && test "$(wc -l < {count})" -lt 2 || {script}'
    call = BackupCall(site.policy, ("/bin/sh", "-c", second), wanted, limit_s=20)
    found = OwnBackup(call, Programs(time.monotonic), lambda: NOW).run()
    assert [each.snapshot for each in found] == ["new"]
    assert count.read_text() == "\n\n"
    assert not wanted.exists()


def test_a_patch_waits_until_a_later_run_was_tried(tmp_path: Path) -> None:
    wanted = tmp_path / "wanted"
    assert not is_wanted(wanted, None, NOW)
    wanted.write_text(NOW.isoformat())
    before, after = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)
    assert is_wanted(wanted, None, after)
    assert is_wanted(wanted, before, after)
    assert not is_wanted(wanted, after, after), "it was tried, good or not"
    assert not is_wanted(wanted, None, NOW + timedelta(days=1)), "left over from a power cut"
    assert not is_wanted(wanted, None, before), "of a day to come"
    for nonsense in ("", "soon", "2026-11-24T00:00:00", "\u00e9"):
        wanted.write_text(nonsense)
        assert not is_wanted(wanted, None, after)
    wanted.chmod(0o666)
    with pytest.raises(TargetRefused):
        is_wanted(wanted, None, after)

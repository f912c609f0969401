from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from remediation.backup.errors import SourceFailed, TargetRefused, TargetUnavailable
from remediation.backup.manifest import DatabaseFacts, decode_manifest
from remediation.backup.model import Saved, SaveOrder, Selection, Step, Tell, Unread
from remediation.backup.running import Target, code_of, run_backup
from remediation.backup.sources.sqlite import SqliteSource
from remediation.backup.stage import stage_of
from tests.fakes.backup_engine import CopyingEngine
from tests.fakes.backup_site import BackupSite, quiet
from wire.documents.backups import Act
from wire.sentence import sentence


@pytest.fixture
def site(tmp_path: Path) -> BackupSite:
    return BackupSite(tmp_path)


class Broken:
    """A dump that dies half way."""

    def __init__(self, name: str) -> None:
        self.name = name

    def save(self, into: Path, tell: Tell) -> DatabaseFacts:
        (into / "half").write_bytes(b"PGDMP")
        raise SourceFailed(sentence("the server went away"))


def test_a_run_saves_trees_dumps_and_manifest(site: BackupSite) -> None:
    deed = site.back_up()
    assert (deed.is_good, deed.code, deed.counts["rows"], deed.counts["databases"]) == (True, "", 100, 1)
    snapshot = site.engine.snapshots()[0]
    assert snapshot.id == deed.snapshot
    content = b"".join(site.engine.read(snapshot.id, f"{stage_of(snapshot)}/manifest.json"))
    manifest = decode_manifest(content)
    assert (manifest.site, manifest.run, manifest.databases[0].tables) == ("seoul", deed.run, {"orders": 100})
    assert manifest.files[0].path == str(site.app / "config.ini")
    assert len(manifest.files) >= 10
    dump = f"{stage_of(snapshot)}/databases/orders/{manifest.databases[0].files[0]}"
    assert list(site.engine.entries(snapshot.id, Selection((dump,))))


def test_the_stage_is_gone_after_good_and_bad_runs(site: BackupSite) -> None:
    site.back_up()
    site.back_up(site.wanting([Broken("billing")]))
    assert not (site.state / "sitewarden-stage").exists()


def test_what_an_earlier_run_left_in_the_stage_is_not_saved(site: BackupSite) -> None:
    left = site.state / "sitewarden-stage/databases/billing/half"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"PGDMP")
    deed = site.back_up()
    assert not any("half" in each.path for each in site.engine.entries(deed.snapshot, Selection()))


def test_a_source_that_fails_leaves_no_snapshot_and_is_named(site: BackupSite) -> None:
    deed = site.back_up(site.wanting([Broken("billing"), SqliteSource("orders", site.database), Broken("stock")]))
    assert (deed.is_good, deed.code, deed.snapshot) == (False, "source_failed", "")
    assert "billing" in deed.reason
    assert "stock" in deed.reason
    site.engine.prepare()
    assert site.engine.snapshots() == []


def test_a_tree_that_is_not_there_fails_the_run(site: BackupSite) -> None:
    (site.app / "config.ini").unlink()
    assert "named files" in site.back_up().reason
    site.app.rename(site.root / "elsewhere")
    assert "not there" in site.back_up().reason


def test_a_dump_that_the_policy_leaves_out_by_mistake_is_found(site: BackupSite) -> None:
    """The engine is asked what it holds, not believed."""

    class Forgetful(CopyingEngine):
        def save(self, order: SaveOrder, tell: Tell) -> Saved:
            saved = super().save(replace(order, exclude=("*/orders/*",)), tell)
            dump = f"{order.roots[-1]}/databases/orders/content.sqlite"
            return replace(saved, unread=(Unread(dump, "Input/output error"),))

    site.engine = Forgetful(site.root / "target", site.now)
    deed = site.back_up()
    assert (deed.is_good, deed.code) == (False, "unread")


def test_an_absent_target_is_told_apart_from_a_bad_source(site: BackupSite) -> None:
    site.engine.is_away = True
    assert site.back_up().code == "target_unavailable"


def test_a_second_copy_that_fails_does_not_spoil_the_first(site: BackupSite) -> None:
    usb = CopyingEngine(site.root / "usb", site.now)
    usb.is_away = True
    targets = [Target(site.engine), Target(usb, Act.COPY)]
    first, second = run_backup(site.policy, site.wanted, targets, site.means, quiet)
    assert (first.act, first.is_good) == (Act.BACKUP, True)
    assert (second.act, second.is_good, second.code) == (Act.COPY, False, "target_unavailable")
    usb.is_away = False
    assert all(deed.is_good for deed in run_backup(site.policy, site.wanted, targets, site.means, quiet))


def test_a_full_disk_is_noticed_before_anything_is_dumped(site: BackupSite) -> None:
    deeds = run_backup(site.policy, site.wanted, [Target(site.engine)], site.means, quiet, expected_bytes=2**60)
    assert (deeds[0].code, "larger disk" in deeds[0].reason) == ("target_unavailable", True)


class Large:
    """A database that says how large it is."""

    name = "large"

    def save(self, into: Path, tell: Tell) -> DatabaseFacts:
        tell(Step(self.name, total_bytes=2**60))
        raise AssertionError("it was dumped")


def test_a_first_dump_that_cannot_fit_is_refused_before_it_begins(site: BackupSite) -> None:
    deed = site.back_up(site.wanting([Large()]))
    assert (deed.code, "larger disk" in deed.reason) == ("target_unavailable", True)
    assert not site.engine.snapshots()


def test_codes_are_those_of_the_errors() -> None:
    assert code_of(TargetRefused(sentence("x"))) == "target_refused"
    assert code_of(TargetUnavailable(sentence("x"))) == "target_unavailable"

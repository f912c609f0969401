"""Drills are there to fail: each test of a good one has its counterpart with something wrong."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from msgspec import structs

from remediation.backup.drills.ladder import Ground, run_drill
from remediation.backup.model import Selection
from remediation.backup.policy_file import (
    AssertionRule,
    BackupPolicy,
    DrillRule,
    ProbeRule,
    ProvingRule,
    ServiceRule,
)
from remediation.backup.programs import Programs
from remediation.backup.scratch.bench import Bench
from remediation.backup.scratch.servers import ScratchServers
from remediation.backup.stage import stage_of
from tests.fakes.backup_site import BackupSite, quiet
from wire.documents.backups import Deed

SERVICE = ServiceRule(argv=["/bin/true"], probes=[ProbeRule(port=80)])


@dataclass
class Drilling:
    """A site that was saved, and its drills."""

    site: BackupSite
    policy: BackupPolicy
    snapshot: str = ""
    started: list[Path] = field(default_factory=list)
    unwell: tuple[str, ...] = ()

    def start(self, rule: ServiceRule, root: Path) -> Sequence[str]:
        self.started.append(root)
        assert (root / str(self.site.app).lstrip("/") / "config.ini").exists()
        return self.unwell

    def ground(self, folder: Path | None = None) -> Ground:
        means = self.site.means
        return Ground(
            policy=self.policy,
            engine=self.site.engine,
            scratch=ScratchServers(Bench(Programs(means.monotonic), means.monotonic)),
            start=self.start,
            folder=folder or self.site.root / "drill",
            means=means,
            tell=quiet,
        )

    def drill(self, level: int, *, part: int = 1, parts: int = 1) -> Deed:
        rule = DrillRule(level=level, every_s=60, parts=parts, files=5)
        deed = run_drill(self.ground(), rule, snapshot=self.snapshot, part=part)
        assert not (self.site.root / "drill").exists(), "nothing is left behind"
        return deed

    def dump(self) -> Path:
        snapshot = self.site.engine.snapshots()[-1]
        return self.site.engine.path_of(snapshot.id, f"{stage_of(snapshot)}/databases/orders/content.sqlite")


def asserting(policy: BackupPolicy, equals: str) -> BackupPolicy:
    rule = AssertionRule(name="totals", query="SELECT sum(total) FROM orders", equals=equals)
    database = structs.replace(policy.what.databases[0], assertions=[rule])
    return structs.replace(policy, what=structs.replace(policy.what, databases=[database]))


@pytest.fixture
def drilling() -> Iterator[Drilling]:
    """Below a short path, as the sockets of scratch servers want it."""
    with TemporaryDirectory(prefix="sw-", dir="/tmp") as folder:
        yield _drilling(BackupSite(Path(folder)))


def _drilling(site: BackupSite) -> Drilling:
    policy = structs.replace(site.policy, drills=ProvingRule(service=SERVICE))
    return Drilling(site, asserting(policy, "49500"), site.back_up().snapshot)


@pytest.mark.parametrize(
    ("level", "counts"),
    [
        (0, {"snapshots": 1}),
        (1, {"snapshots": 1, "part": 1, "parts": 1}),
        (2, {"files": 6, "changed": 0, "dumps": 1}),
        (3, {"databases": 1, "tables": 1, "rows": 100, "assertions": 1}),
        (4, {"databases": 1, "tables": 1, "rows": 100, "assertions": 1, "probes": 1}),
    ],
)
def test_an_honest_backup_proves_itself(drilling: Drilling, level: int, counts: dict[str, int]) -> None:
    drilling.site.at += timedelta(hours=5)
    deed = drilling.drill(level)
    assert (deed.is_good, deed.reason, deed.level, deed.counts) == (True, "", level, counts)
    if level >= 2:
        assert deed.snapshot == drilling.snapshot
        assert deed.rto_s is not None
        assert deed.rpo_s is not None
        assert 5 * 3_600 <= deed.rpo_s < 5 * 3_600 + 60


def test_the_live_system_may_move_on(drilling: Drilling) -> None:
    """The manifest counts, not what the host holds today."""
    (drilling.site.app / "config.ini").write_text("changed since")
    with closing(sqlite3.connect(drilling.site.database)) as connection, connection:
        connection.execute("DELETE FROM orders")
    assert drilling.drill(2).is_good
    assert drilling.drill(3).is_good


def test_a_planted_wrong_row_fails_level_3(drilling: Drilling) -> None:
    """A value that was wrong before it was saved: the dump is whole, the counts agree, the assertion does not."""
    with closing(sqlite3.connect(drilling.site.database)) as connection, connection:
        connection.execute("UPDATE orders SET total = 7 WHERE number = 50")
    drilling.snapshot = drilling.site.back_up().snapshot
    assert drilling.drill(2).is_good, "the control: as files they are what was saved"
    deed = drilling.drill(3)
    assert (deed.is_good, deed.code) == (False, "not_as_saved")
    assert "totals: 49007 instead of 49500" in deed.reason
    assert (deed.rto_s, deed.rpo_s) == (None, None)


@pytest.mark.parametrize("level", [2, 3, 4])
def test_a_row_that_was_changed_at_the_target_fails(drilling: Drilling, level: int) -> None:
    with closing(sqlite3.connect(drilling.dump())) as connection, connection:
        connection.execute("UPDATE orders SET total = 1 WHERE number = 1")
    assert not drilling.drill(level).is_good


@pytest.mark.parametrize("level", [1, 2, 3])
def test_damage_at_the_target_fails(drilling: Drilling, level: int) -> None:
    content = bytearray(drilling.dump().read_bytes())
    content[len(content) // 2] ^= 1
    drilling.dump().write_bytes(content)
    deed = drilling.drill(level)
    assert not deed.is_good
    assert deed.reason


def test_level_1_finds_damage_in_its_part_only(drilling: Drilling) -> None:
    path = drilling.site.engine.path_of(drilling.snapshot, str(drilling.site.app / "config.ini"))
    path.write_text("x")
    results = [drilling.drill(1, part=part, parts=3).is_good for part in (1, 2, 3)]
    assert sorted(results) == [False, True, True]


def test_a_missing_named_file_fails_level_2(drilling: Drilling) -> None:
    drilling.site.engine.path_of(drilling.snapshot, str(drilling.site.app / "config.ini")).unlink()
    deed = drilling.drill(2)
    assert "config.ini: is not in the snapshot" in deed.reason
    assert not drilling.drill(0).is_good


def test_a_file_that_changed_while_it_was_saved_proves_nothing_and_spoils_nothing(drilling: Drilling) -> None:
    path = drilling.site.engine.path_of(drilling.snapshot, str(drilling.site.app / "config.ini"))
    path.write_text("longer than it was when it was hashed, and newer")
    deed = drilling.drill(2)
    assert (deed.is_good, deed.counts["changed"]) == (True, 1)


def test_a_snapshot_that_is_gone_or_empty_of_proof_fails(drilling: Drilling) -> None:
    drilling.snapshot = "s9999"
    assert drilling.drill(3).code == "restore_refused"
    drilling.site.engine.forget([each.id for each in drilling.site.engine.snapshots()])
    assert drilling.drill(0).code == "target_refused"


def test_a_database_of_the_policy_that_was_never_saved_fails(drilling: Drilling) -> None:
    more = structs.replace(drilling.policy.what.databases[0], name="billing")
    what = structs.replace(drilling.policy.what, databases=[*drilling.policy.what.databases, more])
    drilling.policy = structs.replace(drilling.policy, what=what)
    assert "billing: is not in the snapshot" in drilling.drill(3).reason


def test_a_service_that_is_unwell_fails_level_4(drilling: Drilling) -> None:
    drilling.unwell = ("port 8080: refused",)
    deed = drilling.drill(4)
    assert (deed.is_good, deed.reason) == (False, "port 8080: refused")


def test_a_site_without_databases_proves_all_its_sample_at_level_3(drilling: Drilling) -> None:
    what = structs.replace(drilling.policy.what, databases=[])
    drilling.policy = structs.replace(drilling.policy, what=what)
    drilling.snapshot = drilling.site.back_up(drilling.site.wanting([])).snapshot
    deed = drilling.drill(3)
    assert (deed.is_good, deed.counts["files"]) == (True, 11)
    letter = next(
        path
        for entry in drilling.site.engine.entries(drilling.snapshot, Selection())
        if (path := drilling.site.engine.path_of(drilling.snapshot, entry.path)).name == "config.ini"
    )
    stamp = letter.stat()
    letter.write_text(letter.read_text().replace("8080", "8081"))
    os.utime(letter, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert "another content" in drilling.drill(3).reason


def test_a_drill_never_restores_where_something_is(drilling: Drilling) -> None:
    rule = DrillRule(level=3, every_s=60)
    for folder in (drilling.site.app, drilling.site.app / "drill", drilling.site.root):
        before = sorted(path for path in drilling.site.root.rglob("*"))
        deed = run_drill(drilling.ground(folder), rule, snapshot=drilling.snapshot)
        assert deed.code == "restore_refused"
        assert sorted(path for path in drilling.site.root.rglob("*")) == before

"""The power goes at each record of the journal, before it and after it: old or new, and what was said stays said.

The attempt changes files and a SQLite database on a file system of its own, whose disk is copied at each of these
points without flushing anything. Each copy is mounted as after a boot, and recovered.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from remediation.backup.programs import Programs
from remediation.patch.course import Host
from remediation.patch.databases.host import HostDatabases
from remediation.patch.journal import Journal, JournalDamaged, Record
from remediation.patch.manifest import Layout
from remediation.patch.state import ENDED, PatchState
from tests.fakes.patched_databases import Clinic, clinic, migration
from tests.fakes.patched_site import PatchedSite
from tests.fakes.power import Disk, needs_disks

LOST = ("half", "lost", "forgot")
KEPT_RECORD = {PatchState.COMMITTED, PatchState.CLEAN}

pytestmark = [pytest.mark.crash, pytest.mark.slow, pytest.mark.root, pytest.mark.timeout(170)]


@dataclass(frozen=True)
class Cut:
    """One copy of the disk. `said`: the newest record that was announced as durable."""

    copy: Path
    said: PatchState | None


class PoweredSite(PatchedSite):
    """A product with a database beside its files."""

    def __init__(self, folder: Path, layout: Layout) -> None:
        super().__init__(folder, layout, database=migration("sqlite"))

    @property
    def clinic(self) -> Clinic:
        with clinic("sqlite", self.folder) as found:
            return found

    def host(self) -> Host:
        setting = {"clinic": self.clinic.setting}
        return dataclasses.replace(
            super().host(), databases=HostDatabases(setting, Programs(time.monotonic), time.monotonic)
        )

    def both(self) -> set[str]:
        return {self.version().partition(":")[0], self.clinic.version().partition(":")[0]}


def cuts(
    disk: Disk, copies: Path, monkeypatch: pytest.MonkeyPatch, layout: Layout, *, is_flushed: bool = True
) -> list[Cut]:
    """Apply on a fresh disk and copy it around each record."""
    found: list[Cut] = []
    enter = Journal.enter

    def copying(journal: Journal, state: PatchState, body: Mapping[str, Any] | None = None) -> Record:
        said = journal.state
        for moment in (said, state):
            if moment is state:
                record = enter(journal, state, body)
            copy = copies / f"{len(found):03}"
            disk.copied(copy)
            found.append(Cut(copy, moment))
        return record

    disk.formatted()
    with disk.powered() as place:
        site = PoweredSite(place, layout)
        site.make()
        site.clinic.make()
        os.sync()
        with monkeypatch.context() as patched:
            patched.setattr(Journal, "enter", copying)
            if not is_flushed:
                patched.setattr(os, "fsync", lambda _: None)  # the journal is, by fdatasync, and nothing else
            assert site.apply() is PatchState.CLEAN
        assert site.both() == {"new"}
    return found


def after(disk: Disk, cut: Cut, layout: Layout) -> str:
    """The version after boot and recovery, or what is wrong."""
    disk.cut_off(cut.copy)
    with disk.powered() as place:
        site = PoweredSite(place, layout)
        journal = place / "journals/1"
        told = site.states() if journal.exists() and journal.stat().st_size else []
        if cut.said is not None and cut.said.value not in told:
            return f"forgot {cut.said}: {told}"
        if told:
            site.recover()
            if PatchState(site.states()[-1]) not in ENDED:
                return f"not at an end: {site.states()}"
        found = site.both()
        return found.pop() if len(found) == 1 else f"half: files {site.version()}, database {site.clinic.version()}"


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    (tmp_path / "try").mkdir()
    needs_disks(tmp_path / "try")
    (tmp_path / "copies").mkdir()
    return Disk(tmp_path)


@pytest.fixture(params=list(Layout), ids=lambda layout: layout.value)
def layout(request: pytest.FixtureRequest) -> Layout:
    found: Layout = request.param
    return found


def test_the_power_may_go_at_any_record(
    disk: Disk, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = cuts(disk, tmp_path / "copies", monkeypatch, layout)
    assert len(found) >= 20
    for cut in found:
        expected = "new" if cut.said in KEPT_RECORD else "old"
        assert after(disk, cut, layout) == expected, cut


def test_without_flushing_it_would_be_lost(
    disk: Disk, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the same points on a disk to which only the journal is flushed."""
    found = cuts(disk, tmp_path / "copies", monkeypatch, layout, is_flushed=False)
    last = next(cut for cut in reversed(found) if cut.said is PatchState.CLEAN)
    try:
        ended = after(disk, last, layout)
    except (OSError, JournalDamaged) as error:
        ended = f"lost: {error}"
    assert ended.startswith(LOST), ended

from __future__ import annotations

from pathlib import Path

import pytest

from remediation.patch.backing import NONE, SiteBackups
from remediation.patch.errors import PatchRefused, StepFailed
from remediation.patch.manifest import Layout
from tests.fakes.patched_databases import step
from tests.fakes.patched_site import NOW, manifest_for
from wire.documents.backups import Act, Deed
from wire.sentence import sentence

FILES = manifest_for(Path("/srv/app"), Layout.RELEASES)
BOTH = manifest_for(Path("/srv/app"), Layout.RELEASES, database=[step("sqlite", "SELECT 1")])


class Given:
    """A run that did what it is told to have done."""

    def __init__(self, deeds: list[Deed]) -> None:
        self.deeds = deeds

    def check(self) -> None:
        if not self.deeds:
            raise PatchRefused(sentence("there is no key"))

    def run(self) -> list[Deed]:
        return self.deeds


def deed(snapshot: str, *, is_good: bool = True, act: Act = Act.BACKUP) -> Deed:
    return Deed(act=act, is_good=is_good, started_at=NOW, ended_at=NOW, snapshot=snapshot, reason="disk full")


def test_the_snapshot_of_the_run_is_named() -> None:
    runs = [deed("s1"), deed("s2", act=Act.COPY)]
    assert SiteBackups(Given(runs), BOTH).save("his-2.0") == "s1"


@pytest.mark.parametrize("runs", [[], [deed("s1", is_good=False)], [deed("")], [deed("s2", act=Act.COPY)]])
def test_a_run_without_a_good_snapshot_stops_the_patch(runs: list[Deed]) -> None:
    with pytest.raises(StepFailed, match=r"before the patch his-2\.0 failed"):
        SiteBackups(Given(runs), FILES, may_go_without=True).save("his-2.0")


def test_without_a_policy_only_files_go_and_only_where_the_site_says_so() -> None:
    allowed = SiteBackups(None, FILES, may_go_without=True)
    allowed.check()
    assert allowed.save("his-2.0") == NONE
    for refused in (SiteBackups(None, FILES), SiteBackups(None, BOTH, may_go_without=True)):
        with pytest.raises(PatchRefused, match="no backup policy"):
            refused.check()
        with pytest.raises(StepFailed, match="no backup policy"):
            refused.save("his-2.0")


def test_a_policy_whose_backup_could_never_begin_is_told_of_before() -> None:
    SiteBackups(Given([deed("s1")]), BOTH).check()
    with pytest.raises(PatchRefused, match="no key"):
        SiteBackups(Given([]), FILES, may_go_without=True).check()

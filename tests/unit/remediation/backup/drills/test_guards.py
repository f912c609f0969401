from __future__ import annotations

from pathlib import Path

import pytest

from remediation.backup.drills.guards import demand_apart
from remediation.backup.errors import RestoreRefused
from tests.fakes.backup_site import BackupSite


@pytest.fixture
def site(tmp_path: Path) -> BackupSite:
    return BackupSite(tmp_path)


def test_an_empty_folder_apart_will_do(site: BackupSite) -> None:
    demand_apart(site.root / "drill", site.policy)
    (site.root / "drill").mkdir()
    demand_apart(site.root / "drill", site.policy)


def test_a_folder_with_anything_in_it_is_refused(site: BackupSite) -> None:
    (site.root / "drill").mkdir()
    (site.root / "drill/.hidden").touch()
    with pytest.raises(RestoreRefused, match="not an empty folder"):
        demand_apart(site.root / "drill", site.policy)


def test_nothing_in_a_saved_tree_not_even_through_a_link(site: BackupSite) -> None:
    with pytest.raises(RestoreRefused, match="in use"):
        demand_apart(site.app / "drill", site.policy)
    (site.root / "elsewhere").symlink_to(site.app)
    with pytest.raises(RestoreRefused, match="in use"):
        demand_apart(site.root / "elsewhere/drill", site.policy)


def test_nothing_around_what_is_saved(site: BackupSite) -> None:
    with pytest.raises(RestoreRefused):
        demand_apart(site.root, site.policy)
    with pytest.raises(RestoreRefused):
        demand_apart(site.database, site.policy)

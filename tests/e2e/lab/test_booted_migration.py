"""Patches of files and three databases on a Debian that really boots, under the shipped units, with a real backup."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.lab import product
from deploy.lab.host import booted, missing_tools
from deploy.lab.image import cache_folder, debian_root
from tests.e2e.lab.test_booted_host import checked
from tests.fakes.lab_migrations import NEW, OLD, PACKAGES, MigratedLabSite
from tests.fakes.lab_site import wait

pytestmark = [pytest.mark.e2e, pytest.mark.root, pytest.mark.slow, pytest.mark.timeout(300)]

BEFORE, AFTER = {"10,20,30"}, {"11,21,31"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[MigratedLabSite]:
    """One host for the module, with an application, its databases and no backup yet."""
    if missing := missing_tools():
        pytest.skip(f"a booted host needs {', '.join(missing)} (Debian: mmdebstrap systemd-container, as root)")
    cache = cache_folder(os.environ)
    image, library = debian_root(cache, checked, *PACKAGES), product.dependencies(cache, repository, checked)
    folder = tmp_path_factory.mktemp("lab")
    with booted(image, folder / "host") as host:
        made = MigratedLabSite(folder, host, repository)
        try:
            made.set_up_host()
            product.install(host, repository, library)
            made.follow_the_page()
            made.allow_patches()
            wait(lambda: made.status().get("last_ack_at"), "the agent has a receipt of the collector")
            yield made
        finally:
            made.end()


def snapshots(site: MigratedLabSite) -> list[str]:
    lines = site.host.ask(["sitewarden-agent", "backup", "list", "--json"]).splitlines()
    return [str(json.loads(line)["id"]) for line in lines]


def test_without_a_backup_it_is_refused_before_anything_and_with_one_the_snapshot_stands_first(
    site: MigratedLabSite,
) -> None:
    refused = site.apply("3")
    assert (refused["obstacle"], site.look()) == ("not_ready", OLD), refused
    assert "no backup policy" in refused["detail"]
    site.allow_backups()
    failed = site.apply("3")
    assert (failed["outcome"], failed["step"]) == ("failed", "rolled_back"), failed
    assert "never" in failed["detail"]
    assert (site.look(), site.patients()) == (OLD, BEFORE)
    assert site.found_at_starts()[-2:] == [f"3 {NEW}", OLD], "it was new for as long as it was judged"
    assert len(snapshots(site)) == 1
    owner = site.host.ask(["stat", "-c", "%U", "/var/lib/sitewarden-backup/journal/chain-00000001.jsonl"])
    assert owner.strip() == "sitewarden-backup", "it ran as the backup's account"


def test_a_rehearsal_finds_on_a_copy_what_the_vendor_could_not_know(site: MigratedLabSite) -> None:
    well = json.loads(site.host.ask(["sitewarden-agent", "patch", "rehearse", "app-2", "--json"]))
    assert (well["act"], well["is_good"], well["patch"]) == ("rehearsal", True, "app-2"), well
    assert {name: well["counts"][name] for name in ("files", "databases", "steps")} == {
        "files": 1, "databases": 3, "steps": 3,
    }, well  # fmt: skip
    wrong = site.host.run(["sitewarden-agent", "patch", "rehearse", "app-5"])
    assert (wrong.returncode, "duplicate key" in wrong.stderr) == (1, True), wrong
    assert (site.look(), site.patients()) == (OLD, BEFORE)
    assert site.host.ask(["find", "/var/lib/sitewarden-backup", "-name", "rehearsal*"]) == "", "nothing is left"


def test_cut_off_between_the_databases_they_are_all_old_before_the_application_starts(site: MigratedLabSite) -> None:
    host, request = site.host, site.patch_request("4")
    count = len(site.found_at_starts())
    offered = json.loads(host.run(["sitewarden-agent", "offer", "--json", *site.files_of(request)]).stdout)
    assert offered["obstacle"] == "in_progress", offered

    def hangs() -> bool:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
        return host.run(["runuser", "-u", "postgres", "--", "psql", "-Atc", asked]).stdout.strip() == "1"

    wait(hangs, f"the last database is in the middle; {site.attempts()[-1]}")
    assert site.look() == "1 sqlite-1 postgresql-0 mariadb-1", "the control: two of them are new already"
    host.cut_power()
    host.boot()
    wait(site.is_up, "the application is back")
    assert site.attempts()[-1]["state"] == "rolled_back", site.attempts()[-1]
    assert site.found_at_starts()[count:] == [OLD], "nothing but the old state was ever started"
    assert site.patients() == BEFORE


def test_a_patch_that_is_well_stays_and_goes_back_only_where_nothing_is_lost(site: MigratedLabSite) -> None:
    done = site.apply("2")
    assert (done["outcome"], done["step"]) == ("done", "clean"), done
    assert (site.look(), site.patients()) == (f"2 {NEW}", AFTER)
    assert len(snapshots(site)) == 3, "each attempt began with its own"
    words = ["sitewarden-agent", "patch", "rollback", "app-2", "--consent", "app-2"]
    refused = site.host.run(words)
    assert (refused.returncode, site.look()) == (1, f"2 {NEW}")
    assert "would be lost" in refused.stderr
    site.host.ask([*words, "--may-lose-writes"])
    assert (site.look(), site.patients()) == (OLD, BEFORE)

"""A patch on a Debian that really boots: cut off in the middle, and in good order, under the shipped units."""

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
from tests.fakes.lab_patches import ROOT, UNIT, PatchedLabSite
from tests.fakes.lab_site import wait

pytestmark = [pytest.mark.e2e, pytest.mark.root, pytest.mark.slow, pytest.mark.timeout(180)]

RECOVERY = "sitewarden-patch-recover.service"
RECOVERED_S = 2.0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[PatchedLabSite]:
    """One host for the module, installed, enrolled, and allowed to be patched."""
    if missing := missing_tools():
        pytest.skip(f"a booted host needs {', '.join(missing)} (Debian: mmdebstrap systemd-container, as root)")
    cache = cache_folder(os.environ)
    image, library = debian_root(cache, checked), product.dependencies(cache, repository, checked)
    folder = tmp_path_factory.mktemp("lab")
    with booted(image, folder / "host") as host:
        made = PatchedLabSite(folder, host, repository)
        try:
            made.set_up_host()
            product.install(host, repository, library)
            made.follow_the_page()
            made.allow_patches()
            wait(lambda: made.status().get("last_ack_at"), "the agent has a receipt of the collector")
            yield made
        finally:
            made.end()


def test_cut_off_in_mid_patch_it_comes_back_old_before_its_service_starts(site: PatchedLabSite) -> None:
    host, request = site.host, site.patch_request("2")
    offered = json.loads(host.run(["sitewarden-agent", "offer", "--json", *site.files_of(request)]).stdout)
    assert offered["obstacle"] == "in_progress", offered

    def is_new() -> bool:
        return site.attempts()[-1]["state"] == "started" and site.starts() == ["1", "2"]

    wait(is_new, f"the new version runs and is being judged; {site.attempts()} {site.starts()}")
    assert host.ask(["cat", f"{ROOT}/version"]) == "2\n"
    host.cut_power()
    host.boot()
    wait(lambda: host.run(["systemctl", "is-active", UNIT]).stdout == "active\n", "the application is back")
    assert host.ask(["cat", f"{ROOT}/version"]) == "1\n"
    assert site.starts() == ["1", "2", "1"], "it never started in between with what was not decided"
    attempt = site.attempts()[-1]
    assert attempt["state"] == "rolled_back", attempt
    shown = host.ask(
        ["systemctl", "show", "-p", "ExecMainStartTimestampMonotonic,ExecMainExitTimestampMonotonic", RECOVERY]
    )
    times = [int(line.partition("=")[2]) for line in shown.split()]
    took_s = (max(times) - min(times)) / 1e6
    assert took_s < RECOVERED_S * (5 if os.environ.get("CI") else 3), shown
    print(f"recovered in {took_s:.2f} s")  # noqa: T201  # a figure of the page on performance


def test_what_failed_is_refused_and_another_one_is_applied_and_taken_back(site: PatchedLabSite) -> None:
    host = site.host
    applied = host.run(["sitewarden-agent", "patch", "apply", "--json", *site.files_of(site.patch_request("3"))])
    result = json.loads(applied.stdout)
    assert (result["outcome"], result["step"]) == ("done", "clean"), result
    assert host.ask(["cat", f"{ROOT}/version"]) == "3\n"
    assert site.starts()[-1] == "3"
    refused = host.run(["sitewarden-agent", "patch", "rollback", "app-3", "--consent", "app-2"])
    assert (refused.returncode, host.ask(["cat", f"{ROOT}/version"])) == (1, "3\n")
    host.ask(["sitewarden-agent", "patch", "rollback", "app-3", "--consent", "app-3"])
    assert host.ask(["cat", f"{ROOT}/version"]) == "1\n"
    assert site.starts()[-1] == "1"
    assert [attempt["state"] for attempt in site.attempts()] == ["rolled_back", "rolled_back"]
    assert {"patch", "result"} <= set(site.kinds())


def test_killed_in_the_middle_without_a_boot_it_goes_back_at_once(site: PatchedLabSite) -> None:
    host, request = site.host, site.patch_request("2")  # failed before: a younger request and approval name it again
    count = len(site.starts())
    offered = json.loads(host.run(["sitewarden-agent", "offer", "--json", *site.files_of(request)]).stdout)
    assert offered["obstacle"] == "in_progress", offered
    unit = f"sitewarden-patch@{request.digest}.service"
    wait(lambda: site.starts()[count:] == ["2"], "the new version runs and is being judged")
    host.ask(["sh", "-c", f"kill -KILL {site.main_pid(unit)}"])
    wait(lambda: site.attempts()[-1]["state"] == "rolled_back", f"it is taken back; {site.attempts()[-1]}")
    assert host.ask(["cat", f"{ROOT}/version"]) == "1\n"
    wait(lambda: host.run(["systemctl", "is-active", UNIT]).stdout == "active\n", "the application is back")
    assert site.starts()[count:] == ["2", "1"]

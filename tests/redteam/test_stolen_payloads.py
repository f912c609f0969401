"""Real processes: the files of a patch come from a collector that is stolen, and only what was signed is applied.

The request and its approval are honest, the host waits for nothing but the files. What the thief sends instead of
them never runs and never grows; the control is the same collector with the file that was published.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from remediation.patch.pieces import FOLDER
from remediation.patch.shelving import copy_patches
from remediation.trust.copying import copy_published
from tests.fakes.agent_process import wait_until
from tests.fakes.patch_site import PatchSite
from tests.fakes.running_collector import running_collector, settings_in
from tests.redteam.stolen_collector import Thief
from wire.proofs import Outcome

pytestmark = pytest.mark.e2e
SETTINGS = """
state: state
exchange: {port: 0}
console: {port: 0}
rules: {heartbeat_s: 1, open_delay_s: [0, 0, 0, 0]}
"""


@pytest.fixture
def site(tmp_path: Path, repository: Path) -> Iterator[PatchSite]:
    (tmp_path / "stolen").mkdir()
    (tmp_path / "host").mkdir()
    settings_in(tmp_path / "stolen", SETTINGS)
    with running_collector(tmp_path / "stolen") as running:
        made = PatchSite(tmp_path / "host", repository, Thief(tmp_path / "stolen", running))  # type: ignore[arg-type]
        copy_published(made.vendor.out, served(made))
        yield made
        made.end()


def served(site: PatchSite) -> Path:
    """The folder that the collector serves."""
    thief = site.server
    assert isinstance(thief, Thief)
    return thief.folder / "state/vendor"


def ask_and_approve(site: PatchSite) -> str:
    request = site.patch_request()
    site.send("request", request)
    site.send("approval", site.approval(request))
    return request.digest


def _lie(site: PatchSite) -> None:
    """Everything of the file is right but the content of the payload."""
    path = served(site) / FOLDER / f"{site.digest}.swpatch"
    at, size = site.payload_place
    raw = bytearray(path.read_bytes())
    raw[at : at + size] = bytes(size)
    path.write_bytes(bytes(raw))


def test_the_control_a_person_fetches_what_was_published_and_it_is_applied(site: PatchSite) -> None:
    """`patch fetch` goes on where a killed agent stopped; then request and approval are all that is needed."""
    copy_patches(site.vendor.out, served(site))
    at, size = site.payload_place
    content = site.bundle.path.read_bytes()[at : at + size]
    sha256 = hashlib.sha256(content).hexdigest()
    part = site.folder / "state/payloads" / f"{sha256}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(content[:300_000])
    site.start()
    ran = site.agent.command("patch fetch", "--json", "clinic-2")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["is_here"]
    assert (part.parent / sha256).read_bytes() == content
    assert site.version == "old", "nothing is applied by fetching"

    digest = ask_and_approve(site)
    thief = site.server
    assert isinstance(thief, Thief)

    def done() -> bool:
        return any((each.digest, each.outcome) == (digest, Outcome.DONE) for each in thief.results())

    wait_until(done, "it is applied", 40)
    assert site.version == "new"
    [told] = thief.progress()
    assert (told.digest, told.patch) == (digest, "clinic-2")
    assert [told.states[0].state, told.states[-1].state] == ["planned", "clean"]


def test_nothing_but_what_was_signed_is_applied(site: PatchSite) -> None:
    copy_patches(site.vendor.out, served(site))
    _lie(site)
    site.start()
    digest = ask_and_approve(site)
    thief = site.server
    assert isinstance(thief, Thief)
    status = site.folder / "state/status.json"

    wait_until(lambda: json.loads(status.read_text())["patch_files"]["refused"] > 0, "it is counted", 40)
    wait_until(lambda: any(each.digest == digest for each in thief.results()), "the executor has answered")
    assert {(each.outcome, each.obstacle) for each in thief.results()} == {(Outcome.REFUSED, "payload_missing")}
    assert (site.version, site.attempts(), site.disk_bytes()) == ("old", 0, 0)

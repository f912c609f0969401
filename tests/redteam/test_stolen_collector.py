"""Real processes: a collector that is stolen as a whole, an agent, an executor, a program that would leave a mark.

The thief writes into the collector's database what the collector's own commands would refuse; the
real listener signs it with the real receipt key; the real agent takes it down.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.agent_process import wait_until
from tests.fakes.running_collector import running_collector, settings_in
from tests.fakes.signed_site import SignedSite
from tests.redteam.stolen_collector import Thief
from wire.documents.envelope import Envelope, add_signature, encode_envelope
from wire.documents.heads import HEAD_KIND, AuditHead, write_head
from wire.keys import generate_key
from wire.proofs import Outcome

pytestmark = pytest.mark.e2e
SETTINGS = """
state: state
exchange: {port: 0}
console: {port: 0}
rules: {heartbeat_s: 1, open_delay_s: [0, 0, 0, 0]}
"""


@pytest.fixture
def site(tmp_path: Path, repository: Path) -> Iterator[SignedSite]:
    (tmp_path / "stolen").mkdir()
    (tmp_path / "host").mkdir()
    settings_in(tmp_path / "stolen", SETTINGS)
    with running_collector(tmp_path / "stolen") as running:
        made = SignedSite(tmp_path / "host", repository, Thief(tmp_path / "stolen", running))  # type: ignore[arg-type]
        made.start()
        yield made
        made.end()


def _wrong_pairs(site: SignedSite, thief: Thief) -> dict[str, tuple[Envelope, dict[str, Any]]]:
    """Each request by its marker, and what is wrong with its approval."""
    past = datetime.now(UTC) - timedelta(hours=2)
    over: dict[str, Any] = {"not_before": past, "not_after": past + timedelta(hours=1)}
    plain = site.request("unsigned")
    return {
        "unsigned": (Envelope(plain.payload_type, plain.payload, []), {}),
        "by-receipt-key": (site.request("by-receipt-key", by=thief.key), {}),
        "by-stranger": (site.request("by-stranger", by=generate_key()), {}),
        "by-approver": (site.request("by-approver", by=site.approver), {}),
        "other-host": (site.request("other-host", hosts=["elsewhere"]), {}),
        "over": (site.request("over", **over), {}),
        "version": (Envelope(plain.payload_type.replace(".v1", ".v2"), plain.payload, plain.signatures), {}),
        "approved-by-receipt-key": (site.request("approved-by-receipt-key"), {"by": thief.key}),
        "approved-by-engineer": (site.request("approved-by-engineer"), {"by": site.engineer}),
        "approved-for-others": (site.request("approved-for-others"), {"hosts": ["elsewhere"]}),
        "approved-too-late": (site.request("approved-too-late"), over),
    }


def test_whoever_has_all_of_the_collector_runs_nothing(site: SignedSite) -> None:
    thief = site.server
    assert isinstance(thief, Thief)
    pairs = _wrong_pairs(site, thief)
    for request, change in pairs.values():
        site.send("request", request)
        site.send("approval", site.approval(request, **change))
    for kind in ("vendor-root", "policy", "place", "collector", "shell"):
        thief.send_down(kind, b'{"root":"mine"}')
    carried = {request.digest for name, (request, _) in pairs.items() if name != "version"}
    wait_until(lambda: {each.digest for each in thief.results()} >= carried, "every request is answered")
    assert {each.outcome for each in thief.results()} == {Outcome.REFUSED}
    assert list(site.markers.iterdir()) == []
    assert "intent" not in site.kinds()

    def told() -> int:
        return sum("vendor-root" in what or "shell" in what for what in site.agent.status()["unknown_documents"])

    wait_until(lambda: told() == 2, "status names what came and is not known here")

    honest = site.request("honest")
    site.send("request", honest)
    site.send("approval", site.approval(honest))
    wait_until(lambda: site.left("honest"), "the control: what both sides signed does run, through the thief's hands")
    assert [path.name for path in site.markers.iterdir()] == ["honest"]


def test_a_thief_cannot_point_the_host_elsewhere_nor_forge_its_chain(site: SignedSite, tmp_path: Path) -> None:
    """Other published files, another address, a head of another chain: believed in nothing."""
    thief = site.server
    assert isinstance(thief, Thief)
    before = (site.executor_folder / "place.json").read_bytes(), site.agent.settings.read_bytes()
    anchor = (site.executor_folder / "vendor/root.json").read_bytes()
    shutil.copytree(site.published, thief.folder / "state/vendor")
    for path in (thief.folder / "state/vendor/metadata").glob("*.root.json"):
        path.write_bytes(path.read_bytes().replace(b'"version": 1', b'"version": 9'))
    forged = AuditHead(agent=site.host, size=1, chain="ab" * 32, root="cd" * 32, at=datetime.now(UTC))
    thief.send_down(HEAD_KIND, encode_envelope(add_signature(write_head(forged), thief.key)))
    honest = site.request("honest")
    site.send("request", honest)
    site.send("approval", site.approval(honest))
    wait_until(lambda: site.left("honest"), "the host goes on working")
    wait_until(thief.heads, "its head is countersigned by the stolen key: the only thing that key can do")
    wait_until((site.executor_folder / "audit/heads.jsonl").exists, "and kept")
    assert ((site.executor_folder / "place.json").read_bytes(), site.agent.settings.read_bytes()) == before
    assert (site.executor_folder / "vendor/root.json").read_bytes() == anchor
    shutil.copytree(site.executor_folder / "audit", tmp_path / "copy")
    assert site.verify_copy(tmp_path / "copy").returncode == 0

from __future__ import annotations

from pathlib import Path

import pytest

from remediation.executor.gathered import listed
from remediation.executor.model import BundleIndex, Piece
from remediation.executor.questions import BundleIndexRequest, BundleNoteRequest, BundlePieceRequest
from remediation.executor.requests import Refused
from tests.fakes.customer import an_approver, policy_text
from tests.fakes.maintained_host import PEER, MaintainedHost
from wire.documents.envelope import Envelope
from wire.proofs import Outcome, Result


@pytest.fixture
def host(tmp_path: Path) -> MaintainedHost:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/a.log").write_text("one\n")
    own = tmp_path / "executor"
    own.mkdir()
    text = f"""
product: clinic
version: "1"
actions:
  - name: collect-bundle
    title: {{en: Collect a support bundle}}
    risk: low
    precheck: {{argv: [check]}}
    collect: {{files: ["{tmp_path}/logs/*.log"], outputs: [{{name: said, argv: [restart]}}]}}
"""
    host = MaintainedHost(own, actions_text=text)
    allow(host, roots=[f"{tmp_path}/logs"])
    return host


def allow(host: MaintainedHost, *, roots: list[str], **change: str) -> None:
    text = policy_text(an_approver("Kim", host.approver), collect={"roots": roots}, **change)
    (host.folder / "policy.yaml").write_text(text)


def wish(host: MaintainedHost) -> Envelope:
    return host.request(action="collect-bundle", parameters={})


def collect(host: MaintainedHost) -> Result:
    request = wish(host)
    return host.run(request, host.approval(request))


def test_a_permitted_collection_is_gathered_listed_and_recorded(host: MaintainedHost) -> None:
    result = collect(host)
    assert (result.outcome, result.step, result.exit_code) == (Outcome.DONE, "collect", 0)
    assert result.output == f"said: 5 bytes\n{host.folder.parent}/logs/a.log: 4 bytes"
    assert host.kinds() == ["intent", "bundle", "result"]
    recorded = next(line.entry.body for line in host.journal.chain.read() if line.entry.kind == "bundle")
    assert (recorded["became"], recorded["digest"], recorded["ticket"]) == ("gathered", result.digest, "T-1")
    assert all(len(piece["sha256"]) == 64 for piece in recorded["pieces"])
    index = host.executor.bundles.index(BundleIndexRequest(digest=result.digest), PEER)
    assert [piece.path.rpartition("/")[2] for piece in index.pieces] == ["said", "a.log"]
    piece = BundlePieceRequest(digest=result.digest, number=1)
    assert host.executor.bundles.piece(piece, PEER).content == b"one\n"


def test_the_policy_bounds_what_is_collected(host: MaintainedHost) -> None:
    allow(host, roots=[f"{host.folder.parent}/log"])
    assert collect(host).obstacle == "not_collectable"
    assert host.runner.ran == []
    assert not (host.folder / "bundles").exists()


def test_one_signature_collects_nothing(host: MaintainedHost) -> None:
    assert host.run(wish(host)).obstacle == "no_approval"
    assert not (host.folder / "bundles").exists()


def test_a_failed_gathering_is_a_failed_action(host: MaintainedHost) -> None:
    (host.folder / "bundles").write_text("no folder")
    assert collect(host).outcome is Outcome.FAILED
    assert host.kinds() == ["intent", "result"]


def test_a_failed_precheck_collects_nothing(host: MaintainedHost) -> None:
    del host.runner.programs["check"]
    assert (collect(host).step, (host.folder / "bundles").exists()) == ("precheck", False)


def test_what_became_of_it_is_recorded_once_and_the_raw_goes(host: MaintainedHost) -> None:
    digest = collect(host).digest
    note = BundleNoteRequest(digest=digest, became="redacted", sha256="cd" * 32)
    assert [host.executor.bundles.note(note, PEER).is_new for _ in range(2)] == [True, False]
    assert host.kinds() == ["intent", "bundle", "result", "bundle"]
    with pytest.raises(Refused, match="no_bundle"):
        host.executor.bundles.piece(BundlePieceRequest(digest=digest, number=0), PEER)


def test_only_what_was_gathered_here_is_told_or_noted(host: MaintainedHost) -> None:
    with pytest.raises(Refused, match="no_bundle"):
        host.executor.bundles.index(BundleIndexRequest(digest="0" * 64), PEER)
    with pytest.raises(Refused, match="no_bundle"):
        host.executor.bundles.note(BundleNoteRequest(digest="0" * 64, became="released"), PEER)
    assert host.kinds() == []


def test_a_person_releases_unless_the_policy_says_otherwise(host: MaintainedHost) -> None:
    asked = BundleIndexRequest(digest=collect(host).digest)
    assert not host.executor.bundles.index(asked, PEER).is_automatic
    allow(host, roots=[], release_bundles="automatically")
    assert host.executor.bundles.index(asked, PEER).is_automatic
    (host.folder / "policy.yaml").unlink()
    assert not host.executor.bundles.index(asked, PEER).is_automatic


def test_listed() -> None:
    pieces = [Piece("file", "/a", 10, 5, "", is_cut=True), Piece("file", "/b", problem="a link")]
    index = BundleIndex(digest="", ticket="", pieces=pieces)
    assert listed(index) == "/a: 5 bytes of 10\n/b: left out: a link"

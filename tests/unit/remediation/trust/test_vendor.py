"""What a thief of the collector, of a key, or of the disk can make a host believe: nothing.

The attacker serves what it likes and, in most rows, holds the online key as well. Each row says which
check refuses; the control beside it shows the same set accepted when nothing is wrong with it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tuf.api.metadata import Metadata, TargetFile

from remediation.trust import vendor as module
from remediation.trust.decision import Vendor
from remediation.trust.published import folder_fetcher
from remediation.trust.vendor import Fault, VendorRefused, VendorRepository
from tests.builders import NOW
from tests.fakes.vendor import ENGINEER, FakeVendor, a_key
from wire.keys import public_text

STRANGER = a_key(99)


@dataclass
class Stage:
    """A vendor, and a host that believes its first release."""

    vendor: FakeVendor
    host: VendorRepository
    folder: Path
    asked: list[tuple[str, int]]

    def again(self, **options: Any) -> VendorRepository:
        """The host in a new process."""
        return VendorRepository(self.folder, folder_fetcher(self.vendor.out), **options)

    def refused(self, fault: Fault, *, now: datetime | None = None) -> None:
        """A refresh is refused for this reason, and the host believes what it believed before."""
        before = _believed(self.again().load(NOW))
        with pytest.raises(VendorRefused) as caught:
            self.again().refresh(now or self.vendor.now)
        assert caught.value.fault is fault, str(caught.value)
        assert _believed(self.again().load(NOW)) == before


def _believed(vendor: Vendor) -> object:
    return vendor.roster, sorted((name, digest) for name, (digest, _) in vendor.actions.items())


def _version(vendor: Vendor, product: str = "his") -> str:
    return vendor.actions[product][1].version


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here cuts the power; the order of the writes is tested by stopping between them."""
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    vendor = FakeVendor(tmp_path)
    vendor.publish()
    asked: list[tuple[str, int]] = []
    source = folder_fetcher(vendor.out)

    def fetch(name: str, most: int) -> bytes:
        asked.append((name, most))
        return source(name, most)

    host = VendorRepository(tmp_path / "host", fetch)
    host.install_root(vendor.root())
    host.refresh(NOW)
    return Stage(vendor, host, tmp_path / "host", asked)


# ---------------------------------------------------------------- the ordinary day


def test_a_host_believes_what_was_signed(stage: Stage) -> None:
    vendor = stage.again().load(NOW)
    assert [engineer.key for engineer in vendor.roster.engineers] == [public_text(ENGINEER)]
    assert (_version(vendor), vendor.is_expired) == ("1.0", False)
    assert b"product: his" in (stage.host.catalogue("his") or b"")
    assert stage.host.catalogue("lis") is None
    assert stage.host.root_version() == 1


def test_a_release_is_taken_in_and_an_old_one_forgotten(stage: Stage) -> None:
    stage.vendor.release("his", "2.0")
    stage.host.refresh(NOW)
    assert _version(stage.host.load(NOW)) == "2.0"
    assert _version(stage.again().load(NOW)) == "2.0"
    names = {path.name for path in (stage.folder / "metadata").iterdir()}
    assert "1.product-his.json" not in names
    assert "2.product-his.json" in names


def test_nothing_is_fetched_again(stage: Stage) -> None:
    stage.asked.clear()
    stage.host.refresh(NOW)
    assert [name for name, _ in stage.asked] == ["metadata/2.root.json", "metadata/timestamp.json"]


def test_loading_needs_no_source(stage: Stage) -> None:
    shutil.rmtree(stage.vendor.out)
    assert _version(stage.again().load(NOW)) == "1.0"


def test_what_one_process_stored_another_one_sees(stage: Stage) -> None:
    other = stage.again()
    assert _version(other.load(NOW)) == "1.0"
    stage.vendor.release("his", "2.0")
    stage.host.refresh(NOW)
    assert _version(other.load(NOW)) == "2.0"


def test_a_hosts_folder_is_a_source_for_the_next_one(stage: Stage, tmp_path: Path) -> None:
    """The executor takes from the agent's folder, and checks everything itself."""
    rotate(stage)
    stage.host.refresh(NOW)
    executor = VendorRepository(tmp_path / "executor", folder_fetcher(stage.folder))
    executor.install_root(stage.vendor.root())
    executor.refresh(NOW)
    assert _version(executor.load(NOW)) == "1.0"
    assert executor.root_version() == 2


def test_only_wanted_products_are_kept(tmp_path: Path) -> None:
    vendor = FakeVendor(tmp_path, products=("his", "lis", "pacs"))
    vendor.publish()
    host = VendorRepository(tmp_path / "host", folder_fetcher(vendor.out), products=frozenset({"lis"}))
    host.install_root(vendor.root())
    host.refresh(NOW)
    assert set(host.load(NOW).actions) == {"lis"}
    assert host.catalogue("his") is None
    host.products = None
    assert set(host.load(NOW).actions) == {"lis"}, "nothing else is stored yet"
    host.refresh(NOW)
    assert set(host.load(NOW).actions) == {"his", "lis", "pacs"}


# ---------------------------------------------------------------- first trust


def test_without_a_root_nothing_can_be_had(tmp_path: Path) -> None:
    vendor = FakeVendor(tmp_path)
    vendor.publish()
    host = VendorRepository(tmp_path / "host", folder_fetcher(vendor.out))
    for call in (host.refresh, host.load, host.warnings):
        with pytest.raises(VendorRefused) as caught:
            call(NOW)
        assert (caught.value.fault, caught.value.is_temporary) == (Fault.NO_ROOT, False)
    assert not host.has_root


def test_a_root_is_installed_once(stage: Stage, tmp_path: Path) -> None:
    other = FakeVendor(tmp_path / "other")
    other.signers = [a_key(2), a_key(3)]
    other.publish()
    with pytest.raises(VendorRefused) as caught:
        stage.again().install_root(other.root())
    assert caught.value.fault is Fault.ROOT_THERE
    assert _version(stage.again().load(NOW)) == "1.0"


def _under_signed(root: Metadata[Any]) -> None:
    root.signatures.popitem()


def _twice(root: Metadata[Any]) -> None:
    """The same key under a second name: would be two of two for a reader that believes names."""
    name, key = next(iter(root.signed.keys.items()))
    twin = "A" * 43
    root.signed.keys = {name: key, twin: type(key)(twin, key.keytype, key.scheme, key.keyval)}
    root.signed.roles["root"].keyids = [name, twin]
    root.signatures.clear()
    signature = a_key(1).sign(root.signed_bytes).hex()
    for each in (name, twin):
        root.signatures[each] = type(next(iter(root.signatures.values()), _signature(each)))(each, signature)


def _signature(name: str) -> Any:
    from securesystemslib.signer import Signature

    return Signature(name, "")


@pytest.mark.parametrize("spoil", [_under_signed, _twice])
def test_a_root_that_its_own_keys_do_not_hold_is_no_root(
    tmp_path: Path, spoil: Callable[[Metadata[Any]], None]
) -> None:
    vendor = FakeVendor(tmp_path)
    vendor.publish()
    root = Metadata[Any].from_bytes(vendor.root())
    spoil(root)
    host = VendorRepository(tmp_path / "host", folder_fetcher(vendor.out))
    with pytest.raises(VendorRefused) as caught:
        host.install_root(root.to_bytes())
    assert caught.value.fault is Fault.SIGNATURE
    assert not host.has_root


@pytest.mark.parametrize("raw", [b"", b"{}", b"[" * 100_000, b"\xff", b'{"signed":{"_type":"root"},"signatures":[]}'])
def test_other_bytes_are_no_root(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(VendorRefused) as caught:
        VendorRepository(tmp_path / "host", folder_fetcher(tmp_path)).install_root(raw)
    assert caught.value.fault is Fault.MALFORMED


# ---------------------------------------------------------------- wrong signatures, with the online key stolen


SIGNERS = {
    "targets": [a_key(1), a_key(2)],
    "product-his": [a_key(30)],
    "snapshot": [a_key(10)],
    "timestamp": [a_key(10)],
}


@pytest.mark.parametrize("role", sorted(SIGNERS))
def test_the_right_keys_are_believed(stage: Stage, role: str) -> None:
    """The control of the rows below: the same forgery with the right keys is accepted."""
    stage.vendor.forge(role, SIGNERS[role])
    stage.again().refresh(NOW)


@pytest.mark.parametrize("role", sorted(SIGNERS))
def test_wrong_keys_are_refused(stage: Stage, role: str) -> None:
    stage.vendor.forge(role, [STRANGER, a_key(98)])
    stage.refused(Fault.SIGNATURE)


@pytest.mark.parametrize("role", sorted(SIGNERS))
def test_no_signature_at_all_is_refused(stage: Stage, role: str) -> None:
    stage.vendor.forge(role, [])
    stage.refused(Fault.SIGNATURE)


def test_one_signature_less_than_the_threshold_is_refused(stage: Stage) -> None:
    stage.vendor.forge("targets", [a_key(1)])
    stage.refused(Fault.SIGNATURE)


def test_the_online_key_signs_nothing_that_is_executed(stage: Stage) -> None:
    for role in ("targets", "product-his"):
        stage.vendor.forge(role, [a_key(10)])
        stage.refused(Fault.SIGNATURE)


def _with_signatures(stage: Stage, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> None:
    """Re-sign everything above a targets file whose list of signatures was changed by hand."""
    path = stage.vendor.out / "metadata" / "1.targets.json"
    found = json.loads(path.read_bytes())
    found["signatures"] = change(found["signatures"])
    raw = json.dumps(found).encode()
    path.write_bytes(raw)

    def repin(snapshot: Any) -> None:
        snapshot.meta["targets.json"] = type(snapshot.meta["targets.json"]).from_data(1, raw, ["sha256"])

    stage.vendor.forge("snapshot", [a_key(10)], repin)


def test_one_key_twice_is_one_key(stage: Stage) -> None:
    _with_signatures(stage, lambda found: [found[0], found[0]])
    stage.refused(Fault.MALFORMED)


def test_one_signature_under_two_names_is_one(stage: Stage) -> None:
    _with_signatures(stage, lambda found: [found[0], {**found[1], "sig": found[0]["sig"]}])
    stage.refused(Fault.SIGNATURE)


def test_both_signatures_in_another_order_are_fine(stage: Stage) -> None:
    _with_signatures(stage, lambda found: found[::-1])
    stage.again().refresh(NOW)


def test_a_key_under_a_second_name_in_a_delegation_does_not_count(stage: Stage) -> None:
    """Both managers sign a slip: the product's key stands twice, under two names."""

    def twice(targets: Any) -> None:
        role = targets.delegations.roles["product-his"]
        name = role.keyids[0]
        key = targets.delegations.keys[name]
        targets.delegations.keys["B" * 43] = type(key)("B" * 43, key.keytype, key.scheme, key.keyval)
        role.keyids.append("B" * 43)

    stage.vendor.forge("targets", SIGNERS["targets"], twice)
    stage.refused(Fault.SIGNATURE)


def test_another_role_of_the_same_vendor_does_not_stand_in(tmp_path: Path) -> None:
    """The product of one team, signed by another team's key."""
    vendor = FakeVendor(tmp_path, products=("his", "lis"))
    vendor.publish()
    host = VendorRepository(tmp_path / "host", folder_fetcher(vendor.out))
    host.install_root(vendor.root())
    host.refresh(NOW)
    vendor.forge("product-his", vendor.products["lis"])
    with pytest.raises(VendorRefused) as caught:
        host.refresh(NOW)
    assert caught.value.fault is Fault.SIGNATURE


def test_a_product_speaks_for_its_own_folder_only(tmp_path: Path) -> None:
    vendor = FakeVendor(tmp_path, products=("his", "lis"))
    vendor.publish()
    evil = b"product: lis\nversion: evil\nactions: []\n"

    def speak_for_others(role: Any) -> None:
        role.targets["lis/actions.yaml"] = TargetFile.from_data("lis/actions.yaml", evil, ["sha256"])
        role.targets["roster.yaml"] = TargetFile.from_data("roster.yaml", b"version: 1\nengineers: []\n", ["sha256"])

    vendor.forge("product-his", vendor.products["his"], speak_for_others)
    host = VendorRepository(tmp_path / "host", folder_fetcher(vendor.out))
    host.install_root(vendor.root())
    host.refresh(NOW)
    assert _version(host.load(NOW), "lis") == "1.0"
    assert len(host.load(NOW).roster.engineers) == 1


def test_actions_of_another_product_in_the_right_place_are_none(stage: Stage) -> None:
    stage.vendor.shop.add("his/actions.yaml", b'product: lis\nversion: "1"\nactions: []\n')
    stage.vendor.publish()
    stage.host.refresh(NOW)
    assert stage.host.load(NOW).actions == {}


def test_a_target_with_other_bytes_is_refused(stage: Stage) -> None:
    stage.vendor.release("his", "2.0")
    for path in (stage.vendor.out / "targets").glob("*.actions.yaml"):
        path.write_bytes(path.read_bytes().replace(b"true", b"evil"))
    stage.refused(Fault.MIXED)


# ---------------------------------------------------------------- old things


def _serve(stage: Stage, folder: Path) -> None:
    shutil.rmtree(stage.vendor.out)
    shutil.copytree(folder, stage.vendor.out)


def test_the_set_from_before_is_a_rollback(stage: Stage, tmp_path: Path) -> None:
    shutil.copytree(stage.vendor.out, tmp_path / "old")
    stage.vendor.release("his", "2.0")
    stage.again().refresh(NOW)
    _serve(stage, tmp_path / "old")
    stage.refused(Fault.ROLLBACK)


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "product-his"])
def test_one_role_rolled_back_by_a_stolen_online_key(stage: Stage, tmp_path: Path, role: str) -> None:
    """Everything else goes on; one role is the one from before, its number lower."""
    shutil.copytree(stage.vendor.out, tmp_path / "old")
    stage.vendor.shop.renew("targets")
    stage.vendor.release("his", "2.0")
    stage.again().refresh(NOW)

    def back(signed: Any) -> None:
        if role in {"timestamp", "snapshot"}:
            signed.version = 1
        else:
            old = (tmp_path / "old/metadata" / f"1.{role}.json").read_bytes()
            (stage.vendor.out / "metadata" / f"1.{role}.json").write_bytes(old)
            signed.meta[f"{role}.json"] = type(signed.meta["targets.json"]).from_data(1, old, ["sha256"])

    if role == "snapshot":
        snapshot = stage.vendor.out / "metadata/2.snapshot.json"
        stage.vendor.forge("snapshot", [a_key(10)], back)
        assert snapshot.exists()
    else:
        stage.vendor.forge("timestamp" if role == "timestamp" else "snapshot", [a_key(10)], back)
    stage.refused(Fault.ROLLBACK)


def test_without_the_marks_the_rollback_succeeds(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: it is the marks that refuse."""
    shutil.copytree(stage.vendor.out, tmp_path / "old")
    stage.vendor.release("his", "2.0")
    stage.again().refresh(NOW)
    _serve(stage, tmp_path / "old")
    monkeypatch.setattr("remediation.trust.kept.fallen_below", lambda *_: None)
    host = stage.again()
    host.refresh(NOW)
    assert _version(host.load(NOW)) == "1.0"


def test_a_set_from_two_days_is_mixed(stage: Stage, tmp_path: Path) -> None:
    """The new timestamp with the old snapshot under the new one's name."""
    old = (stage.vendor.out / "metadata/1.snapshot.json").read_bytes()
    stage.vendor.release("his", "2.0")
    (stage.vendor.out / "metadata/2.snapshot.json").write_bytes(old)
    stage.refused(Fault.MIXED)


def test_an_old_product_role_under_the_new_name_is_mixed(stage: Stage) -> None:
    old = (stage.vendor.out / "metadata/1.product-his.json").read_bytes()
    stage.vendor.release("his", "2.0")
    (stage.vendor.out / "metadata/2.product-his.json").write_bytes(old)
    stage.refused(Fault.MIXED)


def test_a_snapshot_that_does_not_name_a_delegated_role_is_refused(stage: Stage) -> None:
    stage.vendor.forge("snapshot", [a_key(10)], lambda signed: signed.meta.pop("product-his.json"))
    stage.refused(Fault.MALFORMED)


# ---------------------------------------------------------------- expiry


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "product-his"])
def test_an_expired_role_is_not_taken_in(stage: Stage, role: str) -> None:
    def expire(signed: Any) -> None:
        signed.expires = NOW

    stage.vendor.forge(role, SIGNERS[role], expire)
    stage.refused(Fault.EXPIRED, now=NOW)
    stage.again().refresh(NOW - timedelta(seconds=1))


def test_an_expired_root_is_not_taken_in(stage: Stage) -> None:
    stage.vendor.later(days=800)
    stage.refused(Fault.EXPIRED)
    for role in ("targets", "product-his"):
        stage.vendor.shop.renew(role)
    stage.vendor.signers.append(a_key(3))
    stage.vendor.shop.renew("root")
    stage.vendor.publish()
    stage.again().refresh(stage.vendor.now)


def test_a_frozen_host_notices_at_the_end_of_the_timestamp(stage: Stage) -> None:
    """The thief of the collector serves the old set for ever."""
    day29, day31 = NOW + timedelta(days=29), NOW + timedelta(days=31)
    stage.again().refresh(day29)
    assert not stage.again().load(day29).is_expired
    stage.refused(Fault.EXPIRED, now=day31)
    assert stage.again().load(day31).is_expired


def test_expiry_pauses_changes_and_leaves_reading(stage: Stage) -> None:
    late = NOW + timedelta(days=4_000)
    vendor = stage.again().load(late)
    assert (vendor.is_expired, _version(vendor)) == (True, "1.0")
    assert stage.again().catalogue("his") is not None


def test_warnings_come_90_30_and_7_days_ahead(stage: Stage) -> None:
    host = stage.again()

    def said(days: float) -> dict[str, object]:
        found = host.warnings(NOW + timedelta(days=days))
        return {str(words.values["role"]): words.values.get("days", "over") for words in found}

    assert said(0) == {}
    assert said(22.9) == {}
    assert said(23) == {"snapshot": 7, "timestamp": 7}
    assert said(30)["timestamp"] == "over"
    assert said(364 - 90).get("targets") is None
    assert said(365 - 90)["targets"] == 90
    assert said(365 - 30)["targets"] == 30
    assert said(365 - 7)["targets"] == 7
    assert said(365)["targets"] == "over"
    assert said(730 - 90)["root"] == 90


# ---------------------------------------------------------------- too much, too little


def test_no_file_is_asked_for_without_a_limit(stage: Stage) -> None:
    assert {name.rpartition("/")[0] for name, _ in stage.asked} == {"metadata", "targets"}
    assert max(most for _, most in stage.asked) <= 1_000_000
    assert dict(stage.asked)["metadata/timestamp.json"] == 16_384


def test_endless_bytes_are_refused(stage: Stage) -> None:
    """Also from a source that does not keep the limit itself."""
    endless = VendorRepository(stage.folder, lambda name, most: b" " * (most + 1))
    with pytest.raises(VendorRefused) as caught:
        endless.refresh(NOW)
    assert caught.value.fault is Fault.UNREACHABLE


def test_endless_roots_end(stage: Stage) -> None:
    first = stage.vendor.root()
    stage.again()
    source = folder_fetcher(stage.vendor.out)

    def fetch(name: str, most: int) -> bytes:
        return first if name.endswith(".root.json") else source(name, most)

    with pytest.raises(VendorRefused) as caught:
        VendorRepository(stage.folder, fetch).refresh(NOW)
    assert caught.value.fault is Fault.ROLLBACK, "a root whose number does not follow"


@pytest.mark.parametrize("name", ["1.snapshot.json", "1.targets.json", "1.product-his.json", "timestamp.json"])
def test_a_set_with_a_hole_is_incomplete(tmp_path: Path, name: str) -> None:
    vendor = FakeVendor(tmp_path)
    vendor.publish()
    (vendor.out / "metadata" / name).unlink()
    host = VendorRepository(tmp_path / "host", folder_fetcher(vendor.out), products=frozenset({"his"}))
    host.install_root(vendor.root())
    with pytest.raises(VendorRefused) as caught:
        host.refresh(NOW)
    assert (caught.value.fault, caught.value.is_temporary) == (Fault.INCOMPLETE, True)


def test_what_a_source_keeps_in_part_is_taken_in_part(tmp_path: Path) -> None:
    """The agent keeps one product of two; the executor behind it takes what there is."""
    vendor = FakeVendor(tmp_path, products=("his", "lis"))
    vendor.publish()
    agent = VendorRepository(tmp_path / "agent", folder_fetcher(vendor.out), products=frozenset({"lis"}))
    executor = VendorRepository(tmp_path / "executor", folder_fetcher(tmp_path / "agent"))
    for host in (agent, executor):
        host.install_root(vendor.root())
        host.refresh(NOW)
    assert set(executor.load(NOW).actions) == {"lis"}
    agent.products = None
    agent.refresh(NOW)
    executor.refresh(NOW)
    assert set(executor.load(NOW).actions) == {"his", "lis"}, "also when the timestamp is the same"


def test_a_source_that_does_not_answer_is_temporary(stage: Stage) -> None:
    def silent(name: str, most: int) -> bytes:
        raise ConnectionResetError(name)

    with pytest.raises(VendorRefused) as caught:
        VendorRepository(stage.folder, silent).refresh(NOW)
    assert (caught.value.fault, caught.value.is_temporary) == (Fault.UNREACHABLE, True)


# ---------------------------------------------------------------- rotation and revocation


def rotate(stage: Stage) -> None:
    """Key 3 leaves, key 4 joins; 1 and 2 sign for old and new."""
    stage.vendor.shop.rotate(add=[a_key(4).public_key()], remove=[a_key(3).public_key()])
    stage.vendor.publish()


def test_root_rotates_over_several_versions(stage: Stage) -> None:
    """A host that slept through all of them follows each step."""
    shop = stage.vendor
    for leaving, joining, signers in ((3, 4, (1, 2)), (1, 5, (1, 2, 4)), (2, 6, (2, 4, 5))):
        shop.shop.rotate(add=[a_key(joining).public_key()], remove=[a_key(leaving).public_key()])
        shop.signers = [a_key(number) for number in signers]
        shop.publish()
    host = stage.again()
    host.refresh(NOW)
    assert host.root_version() == 4
    assert stage.again().root_version() == 4, "and finds them again without a source"


@pytest.mark.parametrize(
    ("signers", "fault"),
    [((1, 2), None), ((1, 3), Fault.SIGNATURE), ((2, 4), Fault.SIGNATURE), ((4,), Fault.SIGNATURE)],
    ids=["old and new hold", "old holds alone", "new holds alone", "neither"],
)
def test_a_new_root_needs_old_and_new_keys(stage: Stage, signers: tuple[int, ...], fault: Fault | None) -> None:
    """Root 2 has the keys 1, 2, 4 in place of 1, 2, 3: a signature of 3 counts for old, of 4 for new alone."""
    rotate(stage)
    path = stage.vendor.out / "metadata/2.root.json"
    root = Metadata[Any].from_bytes(path.read_bytes())
    root.signatures.clear()
    from remediation.trust.publishing import sign

    for number in signers:
        sign(root, a_key(number))
    path.write_bytes(root.to_bytes())
    if fault is None:
        stage.again().refresh(NOW)
    else:
        stage.refused(fault)


def test_a_root_cannot_be_replaced_by_another_vendors(stage: Stage, tmp_path: Path) -> None:
    """Re-pointing: the thief's own root, complete and well signed, as the next version."""
    thief = FakeVendor(tmp_path / "thief")
    thief.shop.rotate(add=[a_key(90).public_key()])
    thief.publish()
    _serve(stage, thief.out)
    root = Metadata[Any].from_bytes(thief.root())
    root.signed.version = 2
    root.signatures.clear()
    from remediation.trust.publishing import sign

    for key in (STRANGER, a_key(98)):
        sign(root, key)
    (stage.vendor.out / "metadata/2.root.json").write_bytes(root.to_bytes())
    stage.refused(Fault.SIGNATURE)


def test_a_root_is_not_forgotten_when_the_cache_is(stage: Stage) -> None:
    """The disk lost root 2, and the source pretends that there never was one."""
    rotate(stage)
    stage.again().refresh(NOW)
    (stage.folder / "metadata/2.root.json").unlink()
    with pytest.raises(VendorRefused):
        stage.again().load(NOW)
    (stage.vendor.out / "metadata/2.root.json").rename(stage.vendor.out / "hidden")
    with pytest.raises(VendorRefused) as caught:
        stage.again().refresh(NOW)
    assert caught.value.fault is Fault.ROLLBACK
    (stage.vendor.out / "hidden").rename(stage.vendor.out / "metadata/2.root.json")
    stage.again().refresh(NOW)


def test_a_revoked_product_key_signs_nothing_more(stage: Stage) -> None:
    stolen = stage.vendor.products["his"][0]
    stage.vendor.products["his"] = [a_key(60)]
    stage.vendor.shop.delegate("his", [a_key(60).public_key()], 1)
    stage.vendor.publish()
    stage.again().refresh(NOW)
    stage.vendor.forge("product-his", [stolen], raise_by=5)
    stage.refused(Fault.SIGNATURE)
    stage.vendor.publish()


def test_old_metadata_of_a_revoked_key_do_not_come_back(stage: Stage, tmp_path: Path) -> None:
    shutil.copytree(stage.vendor.out, tmp_path / "old")
    stage.vendor.products["his"] = [a_key(60)]
    stage.vendor.shop.delegate("his", [a_key(60).public_key()], 1)
    stage.vendor.publish()
    stage.again().refresh(NOW)
    for name in ("1.targets.json", "1.product-his.json"):
        shutil.copy(tmp_path / "old/metadata" / name, stage.vendor.out / "metadata" / name)

    def back(signed: Any) -> None:
        for role in ("targets", "product-his"):
            raw = (tmp_path / "old/metadata" / f"1.{role}.json").read_bytes()
            signed.meta[f"{role}.json"] = type(signed.meta["targets.json"]).from_data(1, raw, ["sha256"])

    stage.vendor.forge("snapshot", [a_key(10)], back)
    stage.refused(Fault.ROLLBACK)


def test_a_thief_cannot_shut_hosts_out_for_ever(stage: Stage) -> None:
    """Version 2,000,000 by a stolen product key; with a new key the vendor begins where it was."""
    stage.vendor.forge("product-his", [a_key(30)], raise_by=2_000_000)
    stage.again().refresh(NOW)
    stage.vendor.products["his"] = [a_key(60)]
    stage.vendor.shop.delegate("his", [a_key(60).public_key()], 1)
    stage.vendor.release("his", "2.0")
    stage.vendor.publish()
    host = stage.again()
    host.refresh(NOW)
    assert _version(host.load(NOW)) == "2.0"


def test_the_same_with_the_online_key(stage: Stage) -> None:
    def jump(signed: Any) -> None:
        signed.version = 2_000_000

    stage.vendor.forge("timestamp", [a_key(10)], jump)
    stage.again().refresh(NOW)
    stage.vendor.shop.rotate(online=a_key(11).public_key())
    stage.vendor.online = a_key(11)
    stage.vendor.publish()
    stage.again().refresh(NOW)


def test_a_withdrawn_product_is_gone(stage: Stage) -> None:
    stage.vendor.shop.withdraw("his")
    stage.vendor.publish()
    stage.host.refresh(NOW)
    assert stage.host.load(NOW).actions == {}
    assert stage.host.catalogue("his") is None


# ---------------------------------------------------------------- the disk


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in {"root.json", "marks.json"})


@pytest.mark.parametrize("damage", ["cut", "emptied", "gone", "changed"])
def test_a_torn_cache_is_noticed_and_heals_from_the_root(stage: Stage, damage: str) -> None:
    rotate(stage)
    stage.again().refresh(NOW)
    seen = set()
    for path in _files(stage.folder):
        content = path.read_bytes()
        match damage:
            case "cut":
                path.write_bytes(content[: len(content) // 2])
            case "emptied":
                path.write_bytes(b"")
            case "gone":
                path.unlink()
            case "changed":
                path.write_bytes(content.replace(b"1", b"2"))
        try:
            found = stage.again().load(NOW)
            is_less = path.name == "1.product-his.json" and damage == "gone" and not found.actions
            assert is_less or path.parent.name == "targets", f"{path.name} is not checked"
        except VendorRefused as refused:
            seen.add(refused.fault)
        stage.again().refresh(NOW)
        assert _version(stage.again().load(NOW)) == "1.0"
        assert path.read_bytes() == content, path.name
    assert seen
    assert seen <= {Fault.MALFORMED, Fault.MIXED, Fault.SIGNATURE, Fault.INCOMPLETE, Fault.ROLLBACK}


def test_a_cache_from_a_backup_is_below_the_marks(stage: Stage, tmp_path: Path) -> None:
    shutil.copytree(stage.folder / "metadata", tmp_path / "backup")
    stage.vendor.release("his", "2.0")
    stage.again().refresh(NOW)
    shutil.rmtree(stage.folder / "metadata")
    shutil.copytree(tmp_path / "backup", stage.folder / "metadata")
    with pytest.raises(VendorRefused) as caught:
        stage.again().load(NOW)
    assert caught.value.fault is Fault.ROLLBACK
    stage.again().refresh(NOW)
    assert _version(stage.again().load(NOW)) == "2.0"


def test_what_was_loaded_is_marked_before_it_is_used(stage: Stage, tmp_path: Path) -> None:
    """The process died between the metadata and the marks; whoever reads next marks first."""
    marks = (stage.folder / "marks.json").read_bytes()
    shutil.copytree(stage.folder / "metadata", tmp_path / "backup")
    stage.vendor.release("his", "2.0")
    stage.again().refresh(NOW)
    (stage.folder / "marks.json").write_bytes(marks)
    assert _version(stage.again().load(NOW)) == "2.0"
    shutil.rmtree(stage.folder / "metadata")
    shutil.copytree(tmp_path / "backup", stage.folder / "metadata")
    with pytest.raises(VendorRefused):
        stage.again().load(NOW)


def test_broken_marks_stop_everything(stage: Stage) -> None:
    (stage.folder / "marks.json").write_bytes(b"{")
    for call in (stage.again().refresh, stage.again().load):
        with pytest.raises(VendorRefused) as caught:
            call(NOW)
        assert caught.value.fault is Fault.STORE


def test_a_crash_at_any_write_leaves_the_old_set_or_the_new(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from remediation import durable
    from remediation.trust import kept, marks

    stage.vendor.release("his", "2.0")
    shutil.copytree(stage.folder, tmp_path / "before")
    outcomes = []
    for survive in range(12):
        shutil.rmtree(stage.folder)
        shutil.copytree(tmp_path / "before", stage.folder)
        left = [survive]

        def write(path: Path, content: bytes, *, mode: int = 0o600, left: list[int] = left) -> None:
            if not left[0]:
                raise OSError(5, "the power is gone")
            left[0] -= 1
            durable.write_durably(path, content, mode=mode)

        with monkeypatch.context() as patched:
            patched.setattr(kept, "write_durably", write)
            patched.setattr(marks, "write_durably", write)
            try:
                stage.again().refresh(NOW)
                finished = True
            except VendorRefused as refused:
                finished = refused.fault is not Fault.STORE
        outcomes.append((finished, _version(stage.again().load(NOW))))
    assert set(outcomes) == {(False, "1.0"), (False, "2.0"), (True, "2.0")}
    assert outcomes == sorted(outcomes)


# ---------------------------------------------------------------- the bundle


def test_a_bundle_stands_in_for_a_fresh_timestamp_where_it_is_accepted(stage: Stage) -> None:
    stage.vendor.shop.bundle(stage.vendor.out, stage.vendor.bundle_key)
    late = NOW + timedelta(days=100)
    stage.refused(Fault.EXPIRED, now=late)
    lonely = stage.again(is_bundle_accepted=True)
    lonely.refresh(late)
    assert not lonely.load(late).is_expired
    assert stage.again(is_bundle_accepted=True).load(NOW + timedelta(days=366)).is_expired
    assert stage.again().load(late).is_expired, "where it is not accepted it does not count"


@pytest.mark.parametrize("spoil", ["key", "snapshot"])
def test_another_bundle_does_not_count(stage: Stage, spoil: str) -> None:
    stage.vendor.shop.bundle(stage.vendor.out, stage.vendor.bundle_key)
    path = stage.vendor.out / "metadata/bundle.json"
    if spoil == "key":
        bundle = Metadata[Any].from_bytes(path.read_bytes())
        bundle.signatures.clear()
        from remediation.trust.publishing import sign

        sign(bundle, a_key(10))
        path.write_bytes(bundle.to_bytes())
    else:
        stage.vendor.publish()  # another snapshot, which the bundle does not name
    with pytest.raises(VendorRefused) as caught:
        stage.again(is_bundle_accepted=True).refresh(NOW + timedelta(days=100))
    assert caught.value.fault is Fault.EXPIRED


def test_what_the_module_promises() -> None:
    assert set(module.__all__) == {"Fault", "VendorRefused", "VendorRepository"}


# ---------------------------------------------------------------- controls: without the check, the attack succeeds


def test_without_signatures_anybody_is_believed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    evil = b"product: his\nversion: evil\nactions: []\n"
    target = TargetFile.from_data("his/actions.yaml", evil, ["sha256"])
    (stage.vendor.out / "targets" / f"{target.hashes['sha256']}.actions.yaml").write_bytes(evil)
    stage.vendor.forge("product-his", [STRANGER], lambda signed: signed.targets.update({target.path: target}))
    stage.refused(Fault.SIGNATURE)
    monkeypatch.setattr("tuf.api.metadata.Targets.verify_delegate", lambda *_: None)
    host = stage.again()
    host.refresh(NOW)
    assert _version(host.load(NOW)) == "evil"


def test_without_the_check_of_names_one_key_counts_twice(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    twin = "A" * 43
    root = Metadata[Any].from_bytes(stage.vendor.root())
    name = root.signed.roles["root"].keyids[0]
    key = root.signed.keys[name]
    root.signed.keys[twin] = type(key)(twin, key.keytype, key.scheme, key.keyval)
    root.signed.roles["root"].keyids = [name, twin]
    root.signatures.clear()
    signature = next(a_key(number) for number in (1, 2, 3) if public_text(a_key(number)) == _text_of(key)).sign(
        root.signed_bytes
    )
    for each in (name, twin):
        made = _signature(each)
        made.signature = signature.hex()
        root.signatures[each] = made
    fresh = VendorRepository(stage.folder.parent / "fresh", folder_fetcher(stage.vendor.out))
    with pytest.raises(VendorRefused):
        fresh.install_root(root.to_bytes())
    monkeypatch.setattr("remediation.trust.verified._check_names", lambda *_: None)
    assert fresh.install_root(root.to_bytes()) == 1


def _text_of(key: Any) -> str:
    import base64

    return base64.b64encode(bytes.fromhex(key.keyval["public"])).decode()


def test_without_the_check_of_time_the_expired_is_taken_in(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.vendor.release("his", "2.0")
    late = NOW + timedelta(days=400)
    stage.refused(Fault.EXPIRED, now=late)
    monkeypatch.setattr("remediation.trust.vendor._check_fresh", lambda *_: None)
    host = stage.again()
    host.refresh(late)
    assert _version(host.load(late)) == "2.0"


# ---------------------------------------------------------------- a floor for the clock


def test_the_clock_cannot_be_earlier_than_what_was_signed(stage: Stage) -> None:
    floor = stage.again().load(NOW).time_floor
    assert floor == NOW - module.CLOCK_TOLERANCE
    stage.vendor.later(days=3)
    stage.vendor.release("his", "2.0")
    stage.host.refresh(stage.vendor.now)
    assert stage.again().load(NOW).time_floor == NOW + timedelta(days=3) - module.CLOCK_TOLERANCE


def test_the_floor_survives_a_rollback_of_the_files(stage: Stage, tmp_path: Path) -> None:
    """Files from before are refused by the marks, so no earlier floor comes back with them."""
    shutil.copytree(stage.folder / "metadata", tmp_path / "kept")
    stage.vendor.later(days=3)
    stage.vendor.release("his", "2.0")
    stage.host.refresh(stage.vendor.now)
    shutil.rmtree(stage.folder / "metadata")
    shutil.copytree(tmp_path / "kept", stage.folder / "metadata")
    with pytest.raises(VendorRefused) as caught:
        stage.again().load(NOW)
    assert caught.value.fault is Fault.ROLLBACK


def test_a_wrong_time_by_a_stolen_online_key_ends_with_a_later_version(stage: Stage) -> None:
    def far_ahead(signed: Any) -> None:
        signed.version += 1
        signed.unrecognized_fields["made_at"] = "2099-01-01T00:00:00+00:00"

    stage.vendor.forge("timestamp", [stage.vendor.online], far_ahead)
    stage.host.refresh(NOW)
    assert stage.host.load(NOW).time_floor == datetime(2099, 1, 1, tzinfo=NOW.tzinfo) - module.CLOCK_TOLERANCE
    for _ in range(2):  # the vendor's own timestamp, above the forged version
        stage.vendor.release("his", "2.0")
    stage.host.refresh(NOW)
    assert stage.host.load(NOW).time_floor == NOW - module.CLOCK_TOLERANCE


@pytest.mark.parametrize("text", ["yesterday", 7, None, "2026-11-22T00:00:00"])
def test_a_time_that_cannot_be_read_is_no_floor(stage: Stage, text: object) -> None:
    def unclear(signed: Any) -> None:
        signed.version += 1
        signed.unrecognized_fields["made_at"] = text

    stage.vendor.forge("timestamp", [stage.vendor.online], unclear)
    stage.host.refresh(NOW)
    assert stage.host.load(NOW).time_floor == NOW - module.CLOCK_TOLERANCE  # of the other roles

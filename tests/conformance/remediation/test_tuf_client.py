"""The rules of a TUF client, case by case, as the public conformance suite of the TUF project groups them.

Written for this client and from the specification. docs/security.md says which of the suite's cases
do not apply, and why: here a refresh takes in everything or nothing, knows Ed25519 only, and follows
the delegations of this product alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tuf.api.metadata import Metadata

from remediation.trust import publishing
from remediation.trust.vendor import Fault, VendorRefused, VendorRepository
from tests.builders import NOW
from tests.fakes.tuf_repository import TufRepository, name_of
from tests.fakes.vendor import a_key

ROLES = ("root", "targets", "snapshot", "timestamp")
STRANGER = a_key(99)
Change = Callable[[TufRepository], object]


class Host:
    """A host that believes version 1, and what it believes."""

    def __init__(self, folder: Path, repository: TufRepository) -> None:
        self.folder, self.repository = folder, repository
        first = self.again()
        first.install_root(repository.files["metadata/1.root.json"])
        first.refresh(NOW)

    def again(self) -> VendorRepository:
        """In a new process."""
        return VendorRepository(self.folder, self.repository.fetch)

    def versions(self) -> dict[str, int]:
        stored = [json.loads(path.read_bytes())["signed"] for path in (self.folder / "metadata").glob("*.json")]
        found = {kind: [each["version"] for each in stored if each["_type"] == kind] for kind in ROLES}
        return {kind: max(versions, default=1) for kind, versions in found.items()}  # the first root lies elsewhere

    def bytes(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}


@pytest.fixture
def repository() -> TufRepository:
    return TufRepository()


@pytest.fixture
def host(tmp_path: Path, repository: TufRepository, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr("os.fsync", lambda _: None)
    return Host(tmp_path, repository)


def accepted(host: Host, now: datetime = NOW) -> None:
    host.again().refresh(now)
    assert host.versions() == {role: host.repository.role(role).version for role in ROLES}


def refused(host: Host, fault: Fault, now: datetime = NOW) -> None:
    """And nothing on this host has changed, so it goes on with what it believed."""
    before = host.bytes()
    with pytest.raises(VendorRefused) as caught:
        host.again().refresh(now)
    assert caught.value.fault is fault, str(caught.value)
    assert host.bytes() == before
    host.again().load(NOW)


# ---------------------------------------------------------------- what is asked for, in which order


def test_the_order_of_questions(host: Host, repository: TufRepository) -> None:
    repository.publish("root", "targets")
    repository.asked.clear()
    accepted(host)
    roots, rest = repository.asked[:2], repository.asked[2:]
    assert roots == ["metadata/2.root.json", "metadata/3.root.json"]
    assert rest == ["metadata/timestamp.json", "metadata/2.snapshot.json", "metadata/2.targets.json"]


@pytest.mark.parametrize("role", ROLES)
def test_a_next_version_is_taken_in(host: Host, repository: TufRepository, role: str) -> None:
    repository.publish(role)
    accepted(host)


def test_the_bytes_are_kept_as_they_came(host: Host, repository: TufRepository) -> None:
    repository.targets.version += 1
    metadata: Metadata[Any] = Metadata(repository.targets)
    publishing.sign(metadata, a_key(2))
    repository.put("targets", json.dumps(metadata.to_dict(), indent=7).encode())
    repository.publish("snapshot")
    accepted(host)
    assert (host.folder / "metadata/2.targets.json").read_bytes() == repository.raw("targets")


@pytest.mark.parametrize("role", ROLES)
def test_unknown_fields_are_covered_and_ignored(host: Host, repository: TufRepository, role: str) -> None:
    repository.role(role).unrecognized_fields["x-new"] = {"nested": [1, None]}
    repository.publish(role)
    accepted(host)


def test_a_field_that_old_versions_had_changes_nothing(host: Host, repository: TufRepository) -> None:
    key = repository.root.keys[name_of(a_key(4))]
    key.unrecognized_fields["keyid_hash_algorithms"] = "md5"
    repository.publish("root", "timestamp")
    accepted(host)


# ---------------------------------------------------------------- signatures


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("signers", [[], [STRANGER]], ids=["unsigned", "stranger"])
def test_a_role_that_its_keys_did_not_sign(host: Host, repository: TufRepository, role: str, signers: Any) -> None:
    repository.publish(role, by={role: signers})
    refused(host, Fault.SIGNATURE)


@pytest.mark.parametrize("role", ROLES)
def test_one_signature_more_does_no_harm(host: Host, repository: TufRepository, role: str) -> None:
    repository.publish(role, by={role: [*repository.keys[role], STRANGER]})
    accepted(host)


def _raw_signatures(repository: TufRepository, change: Callable[[list[Any]], list[Any]]) -> None:
    """The timestamp with its list of signatures changed by hand."""
    found = json.loads(repository.raw("timestamp"))
    found["signatures"] = change(found["signatures"])
    repository.put("timestamp", json.dumps(found).encode())


def test_a_broken_signature_beside_enough_good_ones(host: Host, repository: TufRepository) -> None:
    repository.rotate("timestamp", a_key(4), a_key(5))
    repository.publish("root", "timestamp")
    for text in ("ab" * 64, ""):
        _raw_signatures(repository, lambda found, text=text: [found[0], {**found[1], "sig": text}])  # type: ignore[misc]
        accepted(host)


def test_one_name_twice_in_the_signatures(host: Host, repository: TufRepository) -> None:
    repository.publish("timestamp")
    _raw_signatures(repository, lambda found: [*found, *found])
    refused(host, Fault.MALFORMED)


@pytest.mark.parametrize("role", ["targets", "snapshot", "timestamp"])
def test_less_than_the_threshold(host: Host, repository: TufRepository, role: str) -> None:
    keys = [a_key(20), a_key(21), a_key(22)]
    repository.rotate(role, *keys, threshold=2)
    repository.publish("root", "targets", by={role: keys[:1]})
    refused(host, Fault.SIGNATURE)
    repository.publish("targets", by={role: keys[1:]})
    accepted(host)


def test_a_threshold_that_no_number_of_keys_can_reach(host: Host, repository: TufRepository) -> None:
    repository.root.roles["snapshot"].threshold = 2
    repository.publish("root", "snapshot")
    refused(host, Fault.SIGNATURE)


def test_one_key_under_two_names_is_no_key(host: Host, repository: TufRepository) -> None:
    key = repository.root.keys[name_of(a_key(4))]
    repository.root.keys["C" * 43] = type(key)("C" * 43, key.keytype, key.scheme, key.keyval)
    repository.root.roles["timestamp"].keyids.append("C" * 43)
    repository.root.roles["timestamp"].threshold = 2
    repository.publish("root", "timestamp")
    refused(host, Fault.SIGNATURE)


@pytest.mark.parametrize(("kind", "scheme"), [("rsa", "rsassa-pss-sha256"), ("ecdsa", "ecdsa-sha2-nistp256")])
def test_other_kinds_of_keys_are_not_known_here(host: Host, repository: TufRepository, kind: str, scheme: str) -> None:
    key = repository.root.keys[name_of(a_key(4))]
    key.keytype, key.scheme = kind, scheme
    repository.publish("root", "timestamp")
    refused(host, Fault.SIGNATURE)


# ---------------------------------------------------------------- root


@pytest.mark.parametrize(
    ("after", "threshold", "signers", "is_good"),
    [
        ([11], 1, [1, 11], True),
        ([11], 1, [1], False),
        ([11], 1, [11], False),
        ([11], 1, [1, 11, 12], True),
        ([1, 12], 2, [1, 12], True),
        ([1, 12], 2, [1], False),
        ([1, 12, 13], 2, [1, 13], True),
        ([11, 12, 13], 2, [1, 11], False),
        ([11, 12, 13], 2, [1, 12, 13], True),
    ],
)
def test_a_root_needs_its_old_and_its_new_keys(
    host: Host,
    repository: TufRepository,
    after: list[int],
    threshold: int,
    signers: list[int],
    is_good: bool,
) -> None:
    repository.rotate("root", *(a_key(number) for number in after), threshold=threshold)
    repository.publish("root", by={"root": [a_key(number) for number in signers]})
    accepted(host) if is_good else refused(host, Fault.SIGNATURE)


def test_several_roots_in_one_go(host: Host, repository: TufRepository) -> None:
    for number in (11, 12, 13):
        old = repository.keys["root"]
        repository.rotate("root", a_key(number))
        repository.publish("root", by={"root": [*old, a_key(number)]})
    accepted(host)


def test_a_root_under_another_versions_name(host: Host, repository: TufRepository) -> None:
    repository.root.version = 3
    repository.write("root", at="2.root.json")
    refused(host, Fault.ROLLBACK)


@pytest.mark.parametrize("role", ["targets", "snapshot", "timestamp"])
def test_keys_that_root_took_away_sign_nothing(host: Host, repository: TufRepository, role: str) -> None:
    old = repository.keys[role]
    repository.rotate(role, a_key(20))
    repository.publish("root", "targets", by={role: old})
    refused(host, Fault.SIGNATURE)


# ---------------------------------------------------------------- versions, hashes, kinds


def test_the_same_timestamp_is_no_news(host: Host) -> None:
    before = host.bytes()
    host.again().refresh(NOW)
    assert host.bytes() == before


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_an_older_version_is_a_rollback(host: Host, repository: TufRepository, role: str) -> None:
    repository.publish("targets")
    repository.publish("targets")
    accepted(host)
    repository.role(role).version -= 1
    repository.write(role)
    if role == "targets":
        repository.publish("snapshot")
    elif role == "snapshot":
        repository.publish("timestamp")
    refused(host, Fault.ROLLBACK)


def test_a_role_that_is_gone_from_the_snapshot(host: Host, repository: TufRepository) -> None:
    repository.snapshot.meta.clear()
    repository.publish("snapshot")
    refused(host, Fault.MALFORMED)


@pytest.mark.parametrize("role", ["timestamp", "snapshot"])
def test_after_new_keys_versions_begin_anew(host: Host, repository: TufRepository, role: str) -> None:
    """A thief of the key drove the version up; the vendor replaces the key and goes back."""
    repository.role(role).version = 2_000_000
    repository.publish(role)
    accepted(host)
    repository.rotate("snapshot", a_key(30))
    repository.rotate("timestamp", a_key(31))
    repository.snapshot.version = repository.timestamp.version = 0
    repository.publish("root", "snapshot")
    accepted(host)


@pytest.mark.parametrize("role", ["snapshot", "targets"])
def test_a_file_that_is_not_there(host: Host, repository: TufRepository, role: str) -> None:
    repository.publish("targets")
    del repository.files[f"metadata/2.{role}.json"]
    refused(host, Fault.INCOMPLETE)


def test_no_timestamp(host: Host, repository: TufRepository) -> None:
    del repository.files["metadata/timestamp.json"]
    refused(host, Fault.INCOMPLETE)


@pytest.mark.parametrize("role", ["snapshot", "targets"])
def test_other_bytes_than_were_named(host: Host, repository: TufRepository, role: str) -> None:
    repository.publish("targets")
    name = f"metadata/2.{role}.json"
    repository.files[name] = repository.files[name][:-1] + b" "
    refused(host, Fault.MIXED)


@pytest.mark.parametrize("role", ["snapshot", "targets"])
def test_another_version_than_was_named(host: Host, repository: TufRepository, role: str) -> None:
    repository.publish(role)
    repository.role(role).version += 5
    repository.write(role, at=f"{repository.role(role).version - 5}.{role}.json")
    meta = repository.timestamp.snapshot_meta if role == "snapshot" else repository.snapshot.meta["targets.json"]
    meta.version -= 5
    repository.publish("timestamp" if role == "snapshot" else "snapshot")
    with pytest.raises(VendorRefused) as caught:
        host.again().refresh(NOW)
    assert caught.value.fault in {Fault.ROLLBACK, Fault.MALFORMED}


@pytest.mark.parametrize(("role", "kind"), [("snapshot", "targets"), ("targets", "snapshot"), ("timestamp", "root")])
def test_another_kind_of_role_under_this_name(host: Host, repository: TufRepository, role: str, kind: str) -> None:
    """Right key, right version, right hash; only the kind is another."""
    repository.publish(role)
    metadata: Metadata[Any] = Metadata(repository.role(kind))
    metadata.signed.version = repository.role(role).version
    publishing.sign(metadata, repository.keys[role][0])
    repository.put(role, metadata.to_bytes())
    for above in {"targets": ["snapshot", "timestamp"], "snapshot": ["timestamp"], "timestamp": []}[role]:
        repository.write(above)
    refused(host, Fault.MALFORMED)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"signed":{}}', b"\xff", b"{}" * 9_000])
def test_bytes_that_are_no_metadata(host: Host, repository: TufRepository, raw: bytes) -> None:
    repository.put("timestamp", raw)
    with pytest.raises(VendorRefused):
        host.again().refresh(NOW)


# ---------------------------------------------------------------- time


@pytest.mark.parametrize("role", ROLES)
def test_what_has_expired_is_not_taken_in(host: Host, repository: TufRepository, role: str) -> None:
    repository.until(role, NOW - timedelta(days=5))
    repository.publish(role)
    refused(host, Fault.EXPIRED)


@pytest.mark.parametrize("role", ROLES)
def test_what_expired_here_is_replaced_by_what_is_fresh(host: Host, repository: TufRepository, role: str) -> None:
    later = NOW + timedelta(days=40)
    for name in ROLES:
        repository.until(name, later + timedelta(days=30))
    repository.publish("root", "targets")
    assert host.again().load(later).is_expired
    accepted(host, later)
    assert not host.again().load(later).is_expired
    assert role in host.versions()


def test_expired_metadata_are_read_and_pause_what_is_new(host: Host) -> None:
    """Beyond TUF, and told in docs/security.md: watching goes on with what was believed."""
    assert host.again().load(NOW + timedelta(days=400)).is_expired


# ---------------------------------------------------------------- the first root


@pytest.mark.parametrize("change", ["signature", "type", "nothing"])
def test_a_first_root_that_is_none(tmp_path: Path, repository: TufRepository, change: str) -> None:
    found = json.loads(repository.files["metadata/1.root.json"])
    if change == "signature":
        found["signatures"][0]["sig"] = "ab" * 64
    elif change == "type":
        found["signed"]["_type"] = "timestamp"
    new = VendorRepository(tmp_path / "new", repository.fetch)
    if change == "nothing":
        assert new.install_root(json.dumps(found).encode()) == 1
        return
    with pytest.raises(VendorRefused):
        new.install_root(json.dumps(found).encode())
    assert not new.has_root
    assert repository.asked == []

"""Who may sign what, who is missing, and what is refused before anybody signs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tuf.api.metadata import Metadata, Root, Targets

from remediation.trust import publishing
from remediation.trust.publishing import PublishingRefused, role_of_path
from tests.builders import NOW
from tests.fakes.vendor import a_key
from wire.keys import Ed25519PublicKey, key_id, public_bytes

LATER = NOW + timedelta(days=365)
KEYS = [a_key(number).public_key() for number in (1, 2, 3)]
ONLINE = a_key(10).public_key()


def _root() -> Metadata[Root]:
    return Metadata(publishing.first_root(KEYS, 2, ONLINE, LATER))


def _lacking(metadata: Metadata[Root]) -> int:
    return len(publishing.standing("root", metadata, [metadata.signed]).lacking)


def test_two_of_three_and_each_once() -> None:
    root = _root()
    assert _lacking(root) == 1
    publishing.sign(root, a_key(1))
    publishing.sign(root, a_key(1))
    assert _lacking(root) == 1
    publishing.sign(root, a_key(99))
    assert _lacking(root) == 1
    publishing.sign(root, a_key(3))
    assert _lacking(root) == 0


def test_the_missing_are_named() -> None:
    root = _root()
    publishing.sign(root, a_key(2))
    (why,) = publishing.standing("root", root, [root.signed]).lacking
    assert "has 1 of 2 signatures; missing: any 1 of" in str(why)
    for number, is_named in ((1, True), (2, False), (3, True)):
        assert (key_id(public_bytes(a_key(number))) in str(why)) is is_named


@pytest.mark.parametrize(("keys", "threshold"), [(KEYS, 0), (KEYS, 4), ([KEYS[0], KEYS[0]], 2), ([KEYS[0], ONLINE], 2)])
def test_a_root_that_could_never_hold_is_refused(keys: list[Ed25519PublicKey], threshold: int) -> None:
    with pytest.raises(PublishingRefused):
        publishing.first_root(keys, threshold, ONLINE, LATER)


def test_rotation_may_not_go_below_the_threshold() -> None:
    root = _root().signed
    publishing.rotated(root, remove=[KEYS[0]])
    with pytest.raises(PublishingRefused, match="has 1 keys and needs 2"):
        publishing.rotated(root, remove=[KEYS[1]])
    with pytest.raises(PublishingRefused, match="no root key"):
        publishing.rotated(_root().signed, remove=[ONLINE])


def test_a_new_online_key_is_the_only_one() -> None:
    root = _root().signed
    publishing.rotated(root, online=a_key(11).public_key())
    new = [key_id(public_bytes(a_key(11)))]
    assert root.roles["timestamp"].keyids == root.roles["snapshot"].keyids == new
    assert key_id(public_bytes(a_key(10))) not in root.keys


def test_delegating_again_revokes_and_withdrawing_cleans_up() -> None:
    targets = Targets(version=1, expires=LATER)
    publishing.delegate(targets, "product-his", [a_key(30).public_key()], 1)
    publishing.delegate(targets, "product-lis", [a_key(31).public_key()], 1)
    publishing.delegate(targets, "product-his", [a_key(32).public_key(), a_key(33).public_key()], 2)
    assert targets.delegations is not None
    assert set(targets.delegations.keys) == {key_id(public_bytes(a_key(number))) for number in (31, 32, 33)}
    assert publishing.withdraw(targets, "product-his")
    assert not publishing.withdraw(targets, "product-his")
    assert set(publishing.delegated_roles(targets)) == {"product-lis"}
    with pytest.raises(PublishingRefused, match="each key stands once"):
        publishing.delegate(targets, "product-his", [a_key(30).public_key(), a_key(30).public_key()], 2)


def test_a_thousand_targets_and_no_more() -> None:
    role = Targets(version=1, expires=LATER)
    for at in range(publishing.TARGETS_PER_ROLE):
        publishing.add_target(role, f"his/{at}", b"x")
    publishing.add_target(role, "his/7", b"another in its place")
    with pytest.raises(PublishingRefused, match="which is the most"):
        publishing.add_target(role, "his/one-more", b"x")
    with pytest.raises(PublishingRefused, match="more than 1000000 bytes"):
        publishing.add_target(Targets(version=1, expires=LATER), "his/a", b"x" * 1_000_001)


def test_paths_and_their_roles() -> None:
    assert role_of_path("roster.yaml") == "targets"
    assert role_of_path("his/catalogue.yaml") == "product-his"
    assert role_of_path("his/patches/his-2.0.json") == "product-his"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "x.yaml",
        "his/",
        "/x",
        "../x",
        "his/../x",
        "HIS/x",
        "his/a/b",
        "his/.x",
        "his/x\n",
        "his/patches/",
        "his/patches/a/b",
    ],
)
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(PublishingRefused):
        role_of_path(path)

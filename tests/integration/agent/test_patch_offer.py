"""A patch on a stick: a month by the timestamp, a year by the bundle key where the owner has no network, no longer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agent.commands.patch_offer import taken
from agent.settings.model import Settings
from agent.settings.reading import parse_settings
from remediation.executor.patches.jobs import PAYLOADS, Jobs
from remediation.executor.sources import VENDOR, FolderSources
from remediation.patch.bundle import Bundle
from remediation.patch.errors import PatchRefused
from remediation.trust.published import NotThere, folder_fetcher
from remediation.trust.refusal import Fault, VendorRefused
from remediation.trust.vendor import VendorRepository
from tests.builders import NOW
from tests.fakes.customer import policy_text
from tests.fakes.made_patch import built, published
from tests.fakes.vendor import FakeVendor

MONTH, YEAR = timedelta(days=30), timedelta(days=365)
A_MOMENT = timedelta(seconds=1)
SPECIFICATION = """id: his-2.0
product: his
module: BIL
title: {en: Two}
made_at: 2026-11-22T00:00:00Z
from_versions: ["1.9"]
to_version: "2.0"
layout: in_place
root: /opt/his
"""


class Place:
    """A host with the vendor's first root, and a stick."""

    def __init__(self, folder: Path, *, without_network: bool, for_sticks: bool = True) -> None:
        self.vendor = FakeVendor(folder / "vendor")
        self.bundle: Bundle = published(self.vendor, built(folder / "desk", SPECIFICATION), for_sticks=for_sticks)
        self.settings: Settings = parse_settings(
            b"collector: https://c.example\nstate: state\nexecutor: {folder: executor}\n", folder
        ).settings
        self.executor = folder / "executor"
        VendorRepository(self.executor / VENDOR, self.bundle.fetch).install_root(self.vendor.root())
        path = self.executor / "policy.yaml"
        path.write_text(policy_text(without_network=without_network))
        path.chmod(0o600)

    def offer(self, at: datetime) -> tuple[str, str]:
        return taken(self.settings, self.bundle.path, at)

    @property
    def kept(self) -> list[str]:
        folder = Jobs(self.executor).folder / PAYLOADS
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    def is_expired_for_the_executor(self, at: datetime) -> bool:
        def nothing(name: str, most: int) -> bytes:
            raise NotThere(name)

        repository = VendorRepository(self.executor / VENDOR, nothing)
        return FolderSources(self.executor, repository).vendor(at).is_expired


@pytest.fixture
def place(tmp_path: Path) -> Callable[..., Place]:
    return lambda **how: Place(tmp_path, **how)


@pytest.mark.parametrize(("without_network", "most"), [(False, MONTH), (True, YEAR)])
def test_both_edges(place: Callable[..., Place], without_network: bool, most: timedelta) -> None:
    here = place(without_network=without_network)
    late = NOW + most
    with pytest.raises(VendorRefused) as caught:
        here.offer(late)
    assert caught.value.fault is Fault.EXPIRED
    assert here.kept == []
    digest, name = here.offer(late - A_MOMENT)
    assert (digest, name) == (hashlib.sha256(here.bundle.manifest_raw).hexdigest(), "his-2.0")
    payload = here.bundle.manifest.payload
    assert payload is not None
    assert here.kept == [payload.sha256]
    assert not here.is_expired_for_the_executor(late - A_MOMENT)
    assert here.is_expired_for_the_executor(late)


def test_without_the_bundle_key_a_month_is_all(place: Callable[..., Place]) -> None:
    here = place(without_network=True, for_sticks=False)
    with pytest.raises(VendorRefused):
        here.offer(NOW + MONTH)
    assert here.offer(NOW + MONTH - A_MOMENT)


def test_an_old_stick_at_a_host_that_knows_more_already(place: Callable[..., Place]) -> None:
    """What is believed here vouches for the patch: its files are taken, its old metadata are not."""
    here = place(without_network=False)
    here.vendor.later(days=40)
    here.vendor.publish()
    newer = VendorRepository(here.executor / VENDOR, folder_fetcher(here.vendor.out))
    late = NOW + timedelta(days=41)
    newer.refresh(late)
    assert here.offer(late)[1] == "his-2.0"


def test_one_that_nobody_vouches_for(place: Callable[..., Place], tmp_path: Path) -> None:
    here = place(without_network=False)
    other = built(tmp_path / "other", SPECIFICATION.replace("his-2.0", "his-2.1"))
    here.offer(NOW)
    with pytest.raises((PatchRefused, VendorRefused)):
        taken(here.settings, other.path, NOW)

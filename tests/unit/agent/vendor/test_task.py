"""Refreshed at the start and each hour; a catalogue comes from signed bytes or not at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agent.settings.reading import Loaded, parse_settings
from agent.uplink.delivery import Luck
from agent.uplink.identity import Identity
from agent.vendor.places import install_vendor_root
from agent.vendor.task import ENROLLED_LOOK_S, REFRESH_S, RETRY_S, ROOT_LOOK_S, VendorTask
from tests.builders import NOW
from tests.fakes.agent_parts import an_identity
from tests.fakes.collector import Collector, ManualClock
from tests.fakes.vendor import FakeVendor
from tests.fakes.vendor_door import VendorDoor

IDENTITY = an_identity(Collector(ManualClock().now))
TEXT = b"""
collector: https://c.example
state: state
sources:
  - {name: his, path: his.log, catalogue: "vendor:his"}
  - {name: own, path: own.log, catalogue: own.yaml}
"""


class Scene:
    """A task, the collector's door in front of a vendor, and a clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.vendor = FakeVendor(folder / "vendor")
        self.vendor.publish()
        self.door = VendorDoor(self.vendor.out)
        self.now_s = 0.0
        self.changes = 0
        self.identity: Identity | None = IDENTITY
        self.settings = self.read().settings
        self.task = self.start()

    def read(self) -> Loaded:
        return parse_settings(TEXT, self.folder, catalogues_needed=False)

    def start(self) -> VendorTask:
        return VendorTask(
            self.settings,
            connect=lambda _: self.door,
            identity=lambda: self.identity,
            luck=Luck(now=self.clock, monotonic=lambda: self.now_s, chance=lambda: 0.5, nonce=lambda: "n" * 8),
            on_change=self.changed,
        )

    def clock(self) -> datetime:
        return NOW + timedelta(seconds=self.now_s)

    def changed(self) -> None:
        self.changes += 1

    @property
    def catalogue(self) -> Path:
        return self.folder / "state/catalogues/his.yaml"


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr("os.fsync", lambda _: None)
    return Scene(tmp_path)


def _trusting(scene: Scene) -> None:
    install_vendor_root(scene.settings, scene.vendor.root())


def test_without_a_root_nobody_is_asked(scene: Scene) -> None:
    assert scene.task.turn() == ROOT_LOOK_S
    assert scene.door.asked == []
    assert (scene.task.state.root_version, scene.task.state.is_rooted) == (0, False)
    assert not scene.catalogue.exists()


def test_before_the_enrolment_nobody_is_asked(scene: Scene) -> None:
    _trusting(scene)
    scene.identity = None
    assert scene.task.turn() == ENROLLED_LOOK_S
    assert scene.door.asked == []
    scene.identity = IDENTITY
    assert scene.task.turn() == REFRESH_S
    assert scene.task.state.root_version == 1


def test_a_catalogue_arrives_and_the_settings_find_it(scene: Scene) -> None:
    assert any("his has not come yet" in str(fault) for fault in scene.read().warnings)
    _trusting(scene)
    assert scene.task.turn() == REFRESH_S
    assert scene.changes == 1
    assert b"product: his" in scene.catalogue.read_bytes()
    assert set(scene.read().catalogues) == {str(scene.catalogue)}
    assert scene.task.state.root_version == 1
    assert scene.task.state.refusals == []
    assert scene.door.closed == 1


def test_it_looks_again_after_an_hour_and_no_sooner(scene: Scene) -> None:
    _trusting(scene)
    scene.task.turn()
    scene.vendor.release("his", "2.0")
    asked = len(scene.door.asked)
    scene.now_s += REFRESH_S - 1
    scene.task.turn()
    assert (len(scene.door.asked), scene.changes) == (asked, 1)
    scene.now_s += 1
    scene.task.turn()
    assert scene.changes == 2
    assert b'version: "2.0"' in scene.catalogue.read_bytes()


def test_a_changed_letter_of_the_collector_is_refused_and_told(scene: Scene) -> None:
    _trusting(scene)
    scene.task.turn()
    before = scene.catalogue.read_bytes()
    scene.vendor.release("his", "2.0")
    for path in (scene.vendor.out / "targets").glob("*.catalogue.yaml"):
        path.write_bytes(path.read_bytes().replace(b"ERROR", b"EVERY"))
    scene.now_s += REFRESH_S
    assert scene.task.turn() == RETRY_S
    assert scene.catalogue.read_bytes() == before
    (refusal,) = scene.task.state.refusals
    assert "mixed" in str(refusal.sentence())
    assert scene.task.state.root_version == 1, "what was believed goes on to hold"


def test_a_signed_catalogue_of_another_product_is_not_used_and_told_until_it_is_right(scene: Scene) -> None:
    _trusting(scene)
    scene.task.turn()
    before = scene.catalogue.read_bytes()
    scene.vendor.shop.add("his/catalogue.yaml", before.replace(b"product: his", b"product: lab"))
    scene.vendor.publish()
    scene.now_s += REFRESH_S
    scene.task.turn()
    assert (scene.catalogue.read_bytes(), scene.changes) == (before, 1)
    (refusal,) = scene.task.state.refusals
    assert str(refusal.sentence()) == "the vendor's catalogue his is one of lab; it is not used"
    scene.vendor.release("his", "2.0")
    scene.now_s += REFRESH_S
    scene.task.turn()
    assert b'version: "2.0"' in scene.catalogue.read_bytes()
    assert scene.task.state.refusals == []


def test_an_unreachable_collector_is_tried_again_soon(scene: Scene) -> None:
    _trusting(scene)
    scene.door.is_shut = True
    assert scene.task.turn() == RETRY_S
    assert scene.task.state.is_rooted
    assert len(scene.task.state.refusals) == 2
    scene.door.is_shut = False
    scene.now_s += RETRY_S
    assert scene.task.turn() == REFRESH_S
    assert scene.task.state.refusals == []


def test_a_new_process_needs_no_collector_for_its_catalogue(scene: Scene) -> None:
    _trusting(scene)
    scene.task.turn()
    scene.catalogue.unlink()
    scene.door.is_shut = True
    scene.start().turn()
    assert b"product: his" in scene.catalogue.read_bytes()


def test_a_catalogue_that_somebody_changed_here_is_put_right(scene: Scene) -> None:
    _trusting(scene)
    scene.task.turn()
    good = scene.catalogue.read_bytes()
    scene.catalogue.write_bytes(b"evil")
    scene.start().turn()
    assert scene.catalogue.read_bytes() == good


def test_expiry_is_told_ahead(scene: Scene) -> None:
    _trusting(scene)
    scene.task.turn()
    assert scene.task.state.warnings == []
    scene.now_s = 25 * 86_400.0
    scene.task.turn()
    assert {str(told.values["role"]) for told in scene.task.state.warnings} == {"timestamp", "snapshot"}


def test_other_settings_are_looked_at_once(scene: Scene) -> None:
    _trusting(scene)
    scene.task.turn()
    scene.catalogue.unlink()
    scene.task.change_settings(scene.settings)
    scene.task.turn()
    assert scene.catalogue.exists()


def test_a_withdrawn_product_leaves_what_its_sources_read(scene: Scene) -> None:
    """Watching goes on; nobody is left to say what the catalogue should be instead."""
    _trusting(scene)
    scene.task.turn()
    before = scene.catalogue.read_bytes()
    scene.vendor.shop.withdraw("his")
    scene.vendor.publish()
    scene.now_s += REFRESH_S
    scene.task.turn()
    assert scene.task.state.refusals == []
    assert scene.catalogue.read_bytes() == before

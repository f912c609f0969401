"""What is stored is counted once, by product; a file that others can read at any moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.logs.counting import CALM_S, CountingIntake
from agent.spool.port import Cursor, Deposit, SpoolFull
from remediation.patch.gate.counts import FILE_NAME, ErrorFile, during, read
from tests.builders import an_event
from wire.messages import Status

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


class Store:
    """An intake with room or without."""

    def __init__(self) -> None:
        self.is_full = False
        self.deposits: list[Deposit] = []

    def cursors(self, source: str) -> list[Cursor]:
        return []

    def levels(self) -> dict[str, str]:
        return {"a": "firing"}

    def first_start_seen(self, source: str) -> bool:
        return True

    def deposit(self, deposit: Deposit) -> None:
        if self.is_full:
            raise SpoolFull("no room")
        self.deposits.append(deposit)


class Scene:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seconds = 0.0
        self.store = Store()
        self.start()

    def start(self) -> None:
        self.intake = CountingIntake(self.store, self.folder, self.now)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def file(self) -> ErrorFile:
        found = read((self.folder / FILE_NAME).read_bytes())
        assert found is not None
        return found

    def seen(self, product: str = "HIS") -> int | None:
        return during(self.file(), product, 60, self.now())


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    made = Scene(tmp_path)
    made.intake.turn()
    made.seconds = 100
    return made


def test_faults_are_counted_as_often_as_they_came(scene: Scene) -> None:
    events = [
        an_event(product="HIS", count=7),
        an_event(product="HIS", status=Status.OK),
        an_event(product="HIS", history=True),
        an_event(product="other", count=2),
    ]
    scene.intake.deposit(Deposit(events=events))
    scene.intake.turn()
    assert (scene.seen(), scene.seen("other")) == (7, 2)
    assert len(scene.store.deposits) == 1


def test_what_is_not_stored_is_not_counted(scene: Scene) -> None:
    scene.store.is_full = True
    with pytest.raises(SpoolFull):
        scene.intake.deposit(Deposit(events=[an_event(product="HIS")]))
    scene.intake.turn()
    assert scene.file().products == {}


def test_a_sign_of_life_without_errors(scene: Scene) -> None:
    scene.intake.turn()
    written = scene.file().written_at
    scene.seconds += CALM_S - 1
    scene.intake.turn()
    assert scene.file().written_at == written
    scene.seconds += 1
    scene.intake.turn()
    assert scene.file().written_at == scene.now()


def test_it_goes_on_after_a_restart(scene: Scene) -> None:
    scene.intake.deposit(Deposit(events=[an_event(product="HIS", count=3)]))
    scene.intake.turn()
    scene.seconds += 30
    scene.start()
    scene.intake.turn()
    assert scene.file().since == START
    assert scene.seen() == 3


def test_the_rest_is_handed_on(scene: Scene) -> None:
    assert scene.intake.levels() == {"a": "firing"}
    assert scene.intake.cursors("x") == []
    assert scene.intake.first_start_seen("x")


def test_a_disk_without_room_is_no_mistake(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("agent.logs.counting.write_durably", full)
    scene.seconds += CALM_S
    scene.intake.turn()

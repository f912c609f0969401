from __future__ import annotations

from pathlib import Path

import pytest

from agent.bundles.packing import read_pieces
from agent.bundles.state import BundleState, Step
from agent.bundles.store import BundleStore, Record
from agent.bundles.task import FULL_S, IDLE_S, NOBODY_S, WAITING_S, BundleTask
from agent.redaction.redactor import Redactor
from agent.settings.redaction import RedactionSettings
from tests.fakes.gathered_bundle import PERSONAL, REQUEST, GatheredBundle

REDACTOR = Redactor(RedactionSettings(), b"k" * 32)


class CountingSender:
    def __init__(self) -> None:
        self.sent: list[BundleState] = []

    def send(self, store: BundleStore, record: Record) -> float:
        self.sent.append(record.state)
        store.step(record.digest, Step.SEND)
        return 0.0


class World:
    def __init__(self, state: Path) -> None:
        self.state = state
        self.executor = GatheredBundle({"/logs/a.log": f"hello {PERSONAL}\n".encode()})
        self.sender = CountingSender()
        self.start()

    def start(self) -> None:
        self.task = BundleTask(
            self.state, self.executor, redactor=lambda: REDACTOR, host=lambda: "a1", sender=self.sender
        )

    @property
    def record(self) -> Record:
        return self.task.store.record(REQUEST)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.task.add(REQUEST, "T-1")
    return world


def test_without_a_bundle_nothing_is_asked(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.executor.is_there = False
    assert world.task.turn() == IDLE_S


def test_a_gathered_bundle_is_redacted_and_waits(world: World) -> None:
    assert world.task.turn() == WAITING_S
    assert world.record.state is BundleState.REDACTED
    assert world.executor.told == [("redacted", world.record.sha256)]
    assert [PERSONAL.encode() in content for _, content in read_pieces(world.task.store.content(REQUEST))] == [False]
    world.task.turn()
    assert len(world.executor.told) == 1
    assert world.sender.sent == []


def test_after_a_release_is_recorded_it_is_sent(world: World) -> None:
    world.task.turn()
    world.task.store.step(REQUEST, Step.RELEASE)
    world.executor.is_there = False
    assert world.task.turn() == NOBODY_S
    assert (world.sender.sent, world.task.problem) == ([], "nobody")
    world.executor.is_there = True
    assert world.task.turn() == 0.0
    assert [became for became, _ in world.executor.told] == ["redacted", "released"]
    assert (world.sender.sent, world.task.problem) == ([BundleState.RELEASED], "")


def test_the_policy_may_release(world: World) -> None:
    world.executor.is_automatic = True
    world.task.turn()
    assert [became for became, _ in world.executor.told] == ["redacted", "released"]
    assert world.sender.sent == [BundleState.RELEASED]


@pytest.mark.parametrize("turns", [0, 1])
def test_what_is_dropped_is_told_and_not_sent(world: World, turns: int) -> None:
    for _ in range(turns):
        world.task.turn()
    world.task.store.step(REQUEST, Step.DROP)
    assert world.task.turn() == IDLE_S
    assert world.executor.told[-1][0] == "dropped"
    world.task.turn()
    assert len(world.executor.told) == turns + 1
    assert world.sender.sent == []


def test_a_bundle_that_the_executor_does_not_know_fails(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.task.add("cd" * 32, "")
    assert world.task.turn() == IDLE_S
    record = world.task.store.record("cd" * 32)
    assert (record.state, record.told) == (BundleState.FAILED, "failed")
    assert "no_bundle" in record.problem


def test_a_full_disk_is_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> tuple[str, int]:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("agent.bundles.task.redact_bundle", full)
        assert world.task.turn() == FULL_S
    assert "No space left" in world.task.problem
    world.start()
    world.task.turn()
    assert world.record.state is BundleState.REDACTED


def test_a_crash_before_the_executor_was_told_is_made_good(world: World) -> None:
    world.task.turn()
    world.executor.told.clear()
    world.task.store.note_told(REQUEST, "")
    world.start()
    world.task.turn()
    assert world.executor.told == [("redacted", world.record.sha256)]

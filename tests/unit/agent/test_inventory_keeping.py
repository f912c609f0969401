"""When the inventory is sent."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.inventory_keeping import SOURCES_S, InventoryKeeper
from agent.spool.port import Deposit, SpoolFull
from tests.fakes.agent_parts import some_luck
from tests.fakes.collector import ManualClock
from wire.messages import SourceState


@dataclass
class Shelf:
    """Takes inventories, or has no room."""

    taken: list[Deposit] = field(default_factory=list)
    is_full: bool = False

    def deposit(self, deposit: Deposit) -> None:
        if self.is_full:
            raise SpoolFull("full")
        self.taken.append(deposit)


@dataclass(frozen=True)
class SomeHost:
    """A host with a name."""

    hostname: str = "clinic-1"
    os: str = "Debian"
    kernel: str = "6.1"


def keeper(shelf: Shelf, clock: ManualClock, sources: list[SourceState]) -> InventoryKeeper:
    return InventoryKeeper(shelf, SomeHost(), lambda: list(sources), dict, some_luck(clock))


def test_it_is_sent_once_and_again_when_asked_for() -> None:
    shelf = Shelf()
    found = keeper(shelf, ManualClock(), [])
    found.look()
    found.look()
    assert len(shelf.taken) == 1
    found.is_due = True
    found.look()
    assert len(shelf.taken) == 2


def test_without_room_it_stays_due() -> None:
    shelf = Shelf(is_full=True)
    found = keeper(shelf, ManualClock(), [])
    found.look()
    shelf.is_full = False
    found.look()
    assert len(shelf.taken) == 1


def test_other_files_are_told_but_not_more_often_than_that() -> None:
    shelf, clock = Shelf(), ManualClock()
    sources = [SourceState(path="/var/log/a.log", position=0)]
    found = keeper(shelf, clock, sources)
    found.look()
    for number in range(3):
        sources.append(SourceState(path=f"/var/log/{number}.log", position=0))
        found.look()
    assert len(shelf.taken) == 2
    clock.pass_time(SOURCES_S)
    found.look()
    assert len(shelf.taken) == 3


def test_a_position_that_moves_is_nothing_new() -> None:
    shelf, clock = Shelf(), ManualClock()
    sources = [SourceState(path="/var/log/a.log", position=0)]
    found = keeper(shelf, clock, sources)
    found.look()
    sources[0] = SourceState(path="/var/log/a.log", position=100)
    clock.pass_time(SOURCES_S)
    found.look()
    assert len(shelf.taken) == 1

"""The gate that reports less, before a real spool."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.budgets.intake import WITHHELD_KEY, BudgetIntake
from agent.budgets.state import Step
from agent.budgets.thinning import Withheld
from agent.spool.port import Cursor, Deposit, SpoolFull
from agent.spool.spool import Spool
from tests.builders import NOW, a_health, an_event
from tests.fakes.agent_parts import a_spool
from tests.fakes.intake import MemoryIntake
from wire.messages import Event, Gap, Health, Record, decode_record
from wire.proofs import AuditMark, Outcome, Result

CURSOR = Cursor("app", "/a", 1, 2, "h", 3, 0, 10, 1)
DEPOSIT = Deposit(events=[an_event(text="ERROR", before=["x", "y"])], cursors=[CURSOR])


def records(spool: Spool) -> list[Record]:
    return [decode_record(raw) for (raw,) in spool._read("SELECT record FROM waiting ORDER BY id")]


def test_in_full_it_is_not_there(tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    gate = BudgetIntake(spool)
    gate.deposit(DEPOSIT)
    assert records(spool) == list(DEPOSIT.events)
    assert gate.cursors("app") == [CURSOR]
    assert not gate.levels()
    assert (gate.first_start_seen("app"), gate.first_start_seen("app")) == (False, True)


def test_counts_of_what_was_left_out_survive_a_crash_and_arrive_once(tmp_path: Path) -> None:
    gate = BudgetIntake(a_spool(tmp_path))
    gate.step = Step.COUNTS
    gate.deposit(DEPOSIT)
    spool = a_spool(tmp_path)  # the process was killed
    gate = BudgetIntake(spool)
    assert gate.withheld == Withheld(1, 2, 0, 0, NOW, NOW)
    gate.report([], [], NOW)
    (gap,) = [found for found in records(spool) if isinstance(found, Gap)]
    assert gap.records_lost == 1
    assert not gate.withheld
    gate.report([], [("a", "b")], NOW)
    assert len([found for found in records(spool) if isinstance(found, Gap)]) == 1
    assert spool.levels() == {"a": "b"}


def test_when_logs_wait_nothing_moves_and_heartbeats_go_on(tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    gate = BudgetIntake(spool)
    gate.step = Step.HEARTBEAT
    with pytest.raises(SpoolFull):
        gate.deposit(DEPOSIT)
    assert gate.cursors("app") == []
    assert not gate.withheld
    gate.deposit(Deposit(health=a_health(), events=[an_event(product="host")]))
    result = Result(digest="0" * 64, outcome=Outcome.DONE, ended_at=NOW)
    gate.deposit(Deposit(proofs=[result, AuditMark(envelope=b"x")]))
    assert {type(found) for found in records(spool)} == {Event, Health, Result, AuditMark}


class FullIntake(MemoryIntake):
    """A spool without room."""

    def deposit(self, deposit: Deposit) -> None:
        raise SpoolFull(str(len(deposit.events)))


def test_what_could_not_be_stored_was_not_left_out() -> None:
    gate = BudgetIntake(FullIntake())
    gate.step = Step.LEAN
    with pytest.raises(SpoolFull):
        gate.deposit(DEPOSIT)
    assert not gate.withheld
    gate.withheld = Withheld(texts=1)
    with pytest.raises(SpoolFull):
        gate.report([], [], NOW)
    assert gate.withheld.texts == 1


def test_nonsense_in_the_spool_is_no_count(tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    spool.deposit(Deposit(levels=[(WITHHELD_KEY, "{")]))
    assert not BudgetIntake(spool).withheld

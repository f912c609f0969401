from __future__ import annotations

from pathlib import Path

import pytest

from agent.spool import Deposit, Spool
from agent.spool.order import EVIDENCE, PROOFS, next_rows, queue_of, urgency_of
from tests.fakes.agent_parts import a_clearing, a_gap, a_health, a_spool, an_event
from wire.messages import Event, Evidence, decode_record


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return a_spool(tmp_path)


def leaving(spool: Spool, limit: int) -> list[str]:
    with spool._database.reading() as sql:
        records = [decode_record(row[3]) for row in next_rows(sql, limit)]
    return [record.code if isinstance(record, Event) else type(record).__name__ for record in records]


def test_a_fresh_fault_is_not_behind_a_week_of_old_ones(spool: Spool) -> None:
    for number in range(600):
        spool.deposit(Deposit(events=[an_event(code=f"OLD-{number}", module=f"M{number}", level=3)]))
    spool.deposit(Deposit(events=[an_event(code="FRESH", module="X", level=1)]))
    assert leaving(spool, 3) == ["FRESH", "OLD-599", "OLD-598"]


def test_it_takes_along_what_its_owner_said_before(spool: Spool) -> None:
    spool.deposit(Deposit(events=[an_event(code="OTHER", module="O", level=2)]))
    for event in (an_event(code="A", level=4), a_clearing(code="A0", level=4), an_event(code="B", level=1)):
        spool.deposit(Deposit(events=[event]))
    spool.deposit(Deposit(events=[an_event(code="C", level=4)]))
    assert leaving(spool, 9) == ["A", "A0", "B", "OTHER", "C"]
    assert leaving(spool, 2) == ["A", "A0"]


def test_what_is_no_event_keeps_its_place(spool: Spool) -> None:
    evidence = Evidence(event_id="1" * 32, text="x")
    spool.deposit(Deposit(gaps=[a_gap()], health=a_health(), evidence=[evidence], events=[an_event(code="A", level=4)]))
    assert leaving(spool, 9) == ["A", "Evidence", "Gap", "Health"]
    assert (queue_of(evidence), queue_of(an_event())) == (EVIDENCE, PROOFS)
    assert urgency_of(evidence) > urgency_of(an_event(level=4)) > urgency_of(an_event(level=1))

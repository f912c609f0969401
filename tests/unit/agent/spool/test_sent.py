from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from agent.spool import Deposit
from agent.spool.sent import sent_payloads
from agent.spool.spool import FILE_NAME
from tests.fakes.agent_parts import a_health, a_spool, an_event
from wire.messages import EXAMPLE_TIME
from wire.proofs import Outcome, Result


def test_what_was_sealed_can_be_read_by_others(tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    spool.adopt("a1")
    result = Result(digest="ab" * 32, outcome=Outcome.DONE, ended_at=EXAMPLE_TIME)
    spool.deposit(Deposit(events=[an_event()], health=a_health(), proofs=[result]))
    assert list(sent_payloads(tmp_path / FILE_NAME)) == []
    batch = spool.next_batch()
    assert batch is not None
    (payload,) = sent_payloads(tmp_path / FILE_NAME)
    assert (payload.sequence, payload.size_bytes) == (1, len(batch.body))
    assert payload.kinds == {"event": 1, "health": 1, "result": 1}
    assert payload.acked_at is None
    spool.ack(1)
    (payload,) = sent_payloads(tmp_path / FILE_NAME)
    assert payload.acked_at is not None


def test_a_batch_that_cannot_be_read_is_listed_all_the_same(tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    spool.adopt("a1")
    spool.deposit(Deposit(health=a_health()))
    spool.next_batch()
    with spool._transaction(control=True) as sql:
        sql.execute("UPDATE batch SET body=x'00'")
    (payload,) = sent_payloads(tmp_path / FILE_NAME)
    assert payload.kinds == {"unreadable": 1}


def test_reading_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.Error):
        list(sent_payloads(tmp_path / FILE_NAME))
    assert list(tmp_path.iterdir()) == []

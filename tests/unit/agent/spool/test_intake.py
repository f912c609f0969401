from __future__ import annotations

import contextlib
import random
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from agent.spool import Cursor, Deposit, Spool, SpoolFull
from agent.spool.intake import Intake, is_control
from agent.spool.schema import KEPT_SLOTS
from agent.spool.thinning import FRESH
from agent.spool.usage import GAP_ROWS, HEALTH_ROWS, UNKNOWN_ROWS
from tests.builders import an_inventory, an_inventory_diff
from tests.fakes.agent_parts import a_clearing, a_gap, a_health, a_spool, an_event, an_unknown
from wire.fingerprint import OVERFLOW
from wire.messages import EXAMPLE_TIME, Event, Gap, Health, UnknownError, decode_record


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return a_spool(tmp_path)


def waiting(spool: Spool) -> list[Event | Gap | Health]:
    return [decode_record(row[0]) for row in spool._read("SELECT record FROM waiting ORDER BY rank, id")]  # type: ignore[misc]


def a_cursor(**changes: object) -> Cursor:
    values = {
        "source": "app", "path": "/l", "device": 1, "inode": 2, "head_hash": "h", "head_bytes": 4,
        "generation": 0, "position": 10, "line_number": 1,
    }  # fmt: skip
    return Cursor(**values | changes)  # type: ignore[arg-type]


def test_equal_faults_fold_over_deposits(spool: Spool) -> None:
    for number in range(1_000):
        spool.deposit(Deposit(events=[an_event(number)]))
        if number == 100:
            break
    (event,) = waiting(spool)
    assert isinstance(event, Event)
    assert (event.count, event.event_id) == (101, f"{0:032x}")


def test_a_clearing_between_deposits_keeps_its_place(spool: Spool) -> None:
    for event in (an_event(1), a_clearing(2), an_event(3), an_event(4)):
        spool.deposit(Deposit(events=[event]))
    assert [(event.code, event.count) for event in waiting(spool) if isinstance(event, Event)] == [
        ("BIL-1", 1),
        ("BIL-0", 1),
        ("BIL-1", 2),
    ]


def test_positions_are_replaced_forgotten_and_kept_apart_by_source(spool: Spool) -> None:
    spool.deposit(Deposit(cursors=[a_cursor(), a_cursor(source="other"), a_cursor(inode=3)]))
    spool.deposit(Deposit(cursors=[a_cursor(position=20, path="/l.1", head_hash="longer")]))
    spool.deposit(Deposit(forgotten=[a_cursor(inode=3)]))
    assert spool.cursors("app") == [a_cursor(position=20, path="/l.1", head_hash="longer")]
    assert len(spool.cursors("other")) == 1


def test_levels_and_first_start(spool: Spool, tmp_path: Path) -> None:
    spool.deposit(Deposit(levels=[("disk:/", "firing"), ("cpu:", "ok")]))
    spool.deposit(Deposit(levels=[("disk:/", "ok")]))
    assert spool.levels() == {"disk:/": "ok", "cpu:": "ok"}
    assert [spool.first_start_seen("app") for _ in range(3)] == [False, True, True]
    spool.close()
    assert a_spool(tmp_path).first_start_seen("app") is True


def test_many_gaps_of_one_source_become_one(spool: Spool) -> None:
    for _ in range(GAP_ROWS * 3):
        spool.deposit(Deposit(gaps=[a_gap(records_lost=1)]))
    gaps = [record for record in waiting(spool) if isinstance(record, Gap)]
    assert len(gaps) == GAP_ROWS
    assert sum(gap.records_lost for gap in gaps) == GAP_ROWS * 3


def test_a_week_of_health_is_thinned_counted_and_never_empty(tmp_path: Path) -> None:
    spool, minutes = a_spool(tmp_path), 7 * 1_440
    with spool._database.transaction(control=True) as sql:
        intake = Intake(sql, spool._usage, room=10**9)
        intake.store(Deposit(events=[an_event()]))
        for minute in range(minutes):
            intake.store(Deposit(health=a_health(EXAMPLE_TIME + timedelta(minutes=minute))))
    samples = [record for record in waiting(spool) if isinstance(record, Health)]
    (gap,) = [record for record in waiting(spool) if isinstance(record, Gap)]
    times = [sample.sampled_at for sample in samples]
    assert FRESH <= len(samples) <= HEALTH_ROWS
    assert times[0] == EXAMPLE_TIME
    assert max(later - earlier for earlier, later in pairwise(times)) <= timedelta(minutes=15)
    assert times[-FRESH:] == [EXAMPLE_TIME + timedelta(minutes=minutes - FRESH + at) for at in range(FRESH)]
    assert (gap.records_lost, gap.source) == (minutes - len(samples), "health")
    assert [record for record in waiting(spool) if isinstance(record, Event)]


def test_health_of_two_months_loses_its_beginning_and_says_so(tmp_path: Path) -> None:
    spool, quarters = a_spool(tmp_path), 60 * 96
    with spool._database.transaction(control=True) as sql:
        intake = Intake(sql, spool._usage, room=10**9)
        for quarter in range(quarters):
            intake.store(Deposit(health=a_health(EXAMPLE_TIME + timedelta(minutes=15 * quarter))))
    samples = [record for record in waiting(spool) if isinstance(record, Health)]
    (gap,) = [record for record in waiting(spool) if isinstance(record, Gap)]
    assert len(samples) <= HEALTH_ROWS
    assert samples[0].sampled_at > EXAMPLE_TIME
    assert (gap.records_lost, gap.since) == (quarters - len(samples), EXAMPLE_TIME)


def test_a_full_spool_takes_no_log_event_and_moves_no_position(tmp_path: Path) -> None:
    spool = a_spool(tmp_path, max_bytes=2_000_000)
    stored = []

    def fill() -> None:
        for number in range(10_000):
            event = an_event(number, code=f"C-{number}", text="x" * 9_000)
            spool.deposit(Deposit(events=[event], cursors=[a_cursor(position=number)]))
            stored.append(number)

    with pytest.raises(SpoolFull):
        fill()
    assert spool.cursors("app") == [a_cursor(position=stored[-1])]
    assert spool.stand().is_full
    spool.deposit(Deposit(events=[an_event(code="HOST-DSK-0090", product="host")], health=a_health()))
    spool.deposit(Deposit(gaps=[a_gap()]))
    files = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert files <= 2_400_000, files


def test_kept_batches_give_way_before_anything_is_refused(tmp_path: Path) -> None:
    spool = a_spool(tmp_path, max_bytes=2_000_000)
    spool.adopt("a1")
    noise = random.Random(1)
    for number in range(90):
        text = noise.randbytes(10_000).hex()
        spool.deposit(Deposit(events=[an_event(number, code=f"C-{number}", text=text)]))
        while batch := spool.next_batch():
            spool.ack(batch.sequence)
    assert spool.stand().usage.kept_bytes <= 1_400_000
    assert not spool.stand().is_full


def test_what_the_agent_itself_says_is_control() -> None:
    assert is_control(Deposit(health=a_health()))
    assert is_control(Deposit(events=[an_event(product="host")]))
    assert not is_control(Deposit(events=[an_event(product="host"), an_event()]))


def unknowns(spool: Spool) -> list[UnknownError]:
    return [record for record in waiting(spool) if isinstance(record, UnknownError)]


def test_unknown_errors_of_a_template_fold_over_deposits_and_wait_behind_events(spool: Spool) -> None:
    spool.deposit(Deposit(unknowns=[an_unknown(), an_unknown("another"), an_unknown(sample="no bill 8")]))
    spool.deposit(Deposit(unknowns=[an_unknown(count=5)], events=[an_event(1)]))
    assert [(error.template, error.count) for error in unknowns(spool)] == [("no bill <*>", 7), ("another", 1)]
    assert isinstance(waiting(spool)[0], Event)


def test_beyond_a_number_of_templates_unknown_errors_are_only_counted(spool: Spool) -> None:
    spool.deposit(Deposit(unknowns=[an_unknown(f"kind {'x' * number}") for number in range(UNKNOWN_ROWS + 20)]))
    spool.deposit(Deposit(unknowns=[an_unknown("kind ", count=3)]))
    found = {error.template: error.count for error in unknowns(spool)}
    assert len(found) == UNKNOWN_ROWS + 1
    assert (found[OVERFLOW], found["kind "]) == (20, 4)


def test_a_full_spool_gives_up_unknown_errors_before_it_refuses_events(tmp_path: Path) -> None:
    small = a_spool(tmp_path, max_bytes=1_000_000)
    for number in range(400):
        small.deposit(Deposit(unknowns=[an_unknown(f"kind {'y' * number}", sample="z" * 800)]))
    before = sum(error.count for error in unknowns(small))
    faults = [an_event(number, code=f"BIL-{number}", text="t" * 500) for number in range(400)]
    with contextlib.suppress(SpoolFull):
        for fault in faults:
            small.deposit(Deposit(events=[fault]))
    assert {error.template: error.count for error in unknowns(small)} == {OVERFLOW: before}
    assert small.stand().usage.unknown_rows == 1


def test_unknown_errors_are_no_word_of_the_agent_itself() -> None:
    assert is_control(Deposit(gaps=[a_gap()]))
    assert not is_control(Deposit(unknowns=[an_unknown()]))


def test_an_empty_state_removes_a_level(spool: Spool) -> None:
    spool.deposit(Deposit(levels=[("a", "firing"), ("b", "firing")]))
    spool.deposit(Deposit(levels=[("a", ""), ("c", "ok")]))
    assert spool.levels() == {"b": "firing", "c": "ok"}


def test_three_weeks_of_a_series_are_kept(spool: Spool) -> None:
    spool.deposit(Deposit(history=[("a", slot, float(slot)) for slot in range(3 * KEPT_SLOTS)]))
    spool.deposit(Deposit(history=[("b", 1, 5.0), ("b", 1, 7.0)]))
    found = spool.history()
    assert [row for row in found if row[0] == "b"] == [("b", 1, 7.0)]
    assert [slot for series, slot, _ in found if series == "a"] == list(range(2 * KEPT_SLOTS, 3 * KEPT_SLOTS))


def test_lists_of_software_leave_last_in_their_order_and_no_inventory_replaces_them(spool: Spool) -> None:
    diffs = [an_inventory_diff(present={str(number): "1"}) for number in range(3)]
    spool.deposit(Deposit(software=diffs))
    spool.deposit(Deposit(inventory=an_inventory()))
    spool.deposit(Deposit(inventory=an_inventory(), health=a_health()))
    held: list[object] = [*waiting(spool)]
    assert held[2:] == diffs
    assert len(held) == 5

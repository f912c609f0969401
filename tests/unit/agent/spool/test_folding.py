from __future__ import annotations

from datetime import timedelta

from agent.spool.folding import (
    Rank,
    event_key,
    fold_events,
    fold_gaps,
    fold_run,
    fold_unknowns,
    gap_key,
    overflow_of,
    owner_of,
    rank_of,
    unknown_key,
)
from tests.fakes.agent_parts import a_clearing, a_gap, a_health, an_event, an_unknown
from wire.fingerprint import OVERFLOW
from wire.limits import SAMPLES_PER_EVENT
from wire.messages import EXAMPLE_TIME, GapCause, Inventory, Record

LATER = EXAMPLE_TIME + timedelta(minutes=5)


def test_what_a_person_waits_for_leaves_first() -> None:
    inventory = Inventory(taken_at=EXAMPLE_TIME, hostname="h", os="o", kernel="k", agent_version="1")
    records: list[Record] = [a_health(), a_gap(), an_event(), inventory]
    assert sorted(rank_of(record) for record in records) == [Rank.INVENTORY, Rank.EVENT, Rank.GAP, Rank.HEALTH]
    assert sorted(records, key=rank_of) == [inventory, *reversed(records[:3])]


def test_equal_faults_share_a_key_whatever_their_text_and_time() -> None:
    assert event_key(an_event(1)) == event_key(an_event(2, at=LATER, text="else", line_number=9))


def test_whatever_tells_faults_apart_is_in_the_key() -> None:
    base = an_event(1)
    others = [
        an_event(1, code="BIL-2"),
        an_event(1, module="LIS"),
        an_event(1, product="PACS"),
        an_event(1, identity={"queue": "a"}),
        an_event(1, identity={"queue": "b"}),
        an_event(1, history=True),
        an_event(1, catalogue_version="2"),
        an_event(1, level=1),
        a_clearing(1, code="BIL-1"),
    ]
    assert len({event_key(event) for event in [base, *others]}) == len(others) + 1
    assert owner_of(base) != owner_of(others[1])


def test_a_fold_keeps_the_first_and_counts_the_rest() -> None:
    first, second = an_event(1, text="one", count=2), an_event(2, text="two", at=LATER, samples=["three"])
    folded = fold_events(first, second)
    assert (folded.event_id, folded.text, folded.count) == (first.event_id, "one", 3)
    assert (folded.first_at, folded.last_at, folded.occurred_at) == (EXAMPLE_TIME, LATER, EXAMPLE_TIME)
    assert folded.samples == ["two", "three"]


def test_samples_are_few_and_different() -> None:
    folded = an_event(0, text="same")
    for number in range(10):
        folded = fold_events(folded, an_event(number, text="same"))
    assert folded.samples == []
    for number in range(10):
        folded = fold_events(folded, an_event(number, text=f"text {number}"))
    assert folded.samples == [f"text {number}" for number in range(SAMPLES_PER_EVENT)]


def test_a_clearing_in_between_keeps_its_place() -> None:
    run = [an_event(1), an_event(2), a_clearing(3), an_event(4), an_event(5)]
    folded = fold_run(run)
    assert [(event.code, event.count) for event in folded] == [("BIL-1", 2), ("BIL-0", 1), ("BIL-1", 2)]


def test_another_module_does_not_disturb_a_burst() -> None:
    run = [an_event(1), a_clearing(2, module="LIS"), an_event(3)]
    assert [(event.module, event.count) for event in fold_run(run)] == [("BIL", 2), ("LIS", 1)]


def test_gaps_add_up_to_a_span() -> None:
    first = a_gap(bytes_lost=10, records_lost=1, detail="one")
    second = a_gap(noticed_at=LATER, bytes_lost=5, records_lost=2, detail="two")
    folded = fold_gaps(first, second)
    assert (folded.bytes_lost, folded.records_lost, folded.detail) == (15, 3, "two")
    assert (folded.since, folded.until) == (EXAMPLE_TIME, LATER)
    assert gap_key(first) == gap_key(second) != gap_key(a_gap(cause=GapCause.TRUNCATED))


def test_unknown_errors_of_a_template_add_up_and_keep_the_first_sample() -> None:
    folded = fold_unknowns(an_unknown(count=2), an_unknown(at=LATER, count=3, sample="no bill 8"))
    assert (folded.count, folded.first_at, folded.last_at, folded.sample) == (5, EXAMPLE_TIME, LATER, "no bill 7")
    assert unknown_key(an_unknown()) == unknown_key(an_unknown(at=LATER))
    assert unknown_key(an_unknown()) != unknown_key(an_unknown("another")) != unknown_key(an_unknown(product="LIS"))


def test_the_overflow_of_a_product_only_counts() -> None:
    one, other = overflow_of(an_unknown(count=2, severity="ERROR")), overflow_of(an_unknown("another"))
    assert unknown_key(one) == unknown_key(other)
    assert (one.count, one.template, one.sample, one.severity) == (2, OVERFLOW, "", "")
    assert rank_of(one) > rank_of(a_health())

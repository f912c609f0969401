"""Every check of the demo is shown once to fail when its fault is not there, and once when something is wrong.

A perfect run is built here from the plan alone; then one thing is taken away or spoilt at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from deploy.demo.check import plan
from deploy.demo.check.judge import ANY, judge
from deploy.demo.check.model import (
    Away,
    Ending,
    Expected,
    Finding,
    Observations,
    Restart,
    Stored,
    StoredEvent,
    TicketSeen,
)
from deploy.demo.proxy import Promise

AGENTS = {"seoul-hospital": "agent-h", "shanghai-clinic": "agent-c"}
ENDINGS = {
    Ending.OPEN: (("new",), None),
    Ending.AUTO: (("new", "resolved"), "auto"),
    Ending.PERSON: (("new", "recovered", "resolved"), "fixed"),
}
KILLED = "faults are logged while the agent is killed"
RESTARTED = "the collector restarts in the middle of the burst"
WHOLE = "no record is refused and no gap reported"
EPOCH = "00000000000000aa"


def ticket(number: int, expected: Expected) -> TicketSeen:
    statuses, resolution = ENDINGS[expected.ending]
    return TicketSeen(
        number=f"2026-{number:06}",
        site=expected.site,
        module=expected.module,
        code=expected.code,
        level=expected.level,
        count=expected.count,
        resolution=resolution,
        identity=dict(expected.identity),
        first_seen_s=100.2,
        statuses=statuses,
    )


def promise_of(expected: Expected) -> Promise:
    sequence = plan.expected_tickets().index(expected) + 1
    events = ((0, f"{sequence:016x}", expected.code, expected.count),)
    return Promise(AGENTS[expected.site], EPOCH, sequence, 1, events, sequence, False, 0, True)


def a_run() -> Observations:
    """Every fault caused, everything right; each event in a batch of its own, one answer lost and sent again."""
    expected = plan.expected_tickets()
    sent = [one for one in expected if one.module != "SITE"]
    promises = []
    for sequence, one in enumerate(sent, 1):
        events = ((0, f"{sequence:016x}", one.code, one.count),)
        promise = Promise(AGENTS[one.site], EPOCH, sequence, 1, events, sequence, False, 0, True)
        lost = (
            [replace(promise, told=False), replace(promise, duplicate=True)] if one.fault == plan.BURST else [promise]
        )
        promises += lost
    logged: Counter[tuple[str, str]] = Counter()
    for one in sent:
        if one.line is not None:
            logged[(one.site, one.code)] += one.count
    return Observations(
        expected=expected,
        tickets=tuple(ticket(number, one) for number, one in enumerate(expected, 1)),
        promises=tuple(promises),
        stored=stored(promises),
        logged=logged,
        written_s={one: 100.0 for one in sent if one.line is not None},
        away=Away(90, 305, 0),
        restart=Restart(300, 600, 1000),
    )


def stored(promises: list[Promise]) -> Stored:
    sites = {agent: site for site, agent in AGENTS.items()}
    rows = {
        StoredEvent(sites[one.agent], one.agent, one.epoch, one.sequence, position, event_id, code, count)
        for one in promises
        for position, event_id, code, count in one.events
    }
    return Stored(
        {(one.agent, one.epoch, one.sequence): one.records for one in promises},
        tuple(sorted(rows, key=lambda row: (row.agent, row.sequence))),
    )


def withhold(fault: str, seen: Observations) -> Observations:
    """What the same run would have looked like without this fault."""
    if fault == plan.ANSWERS_LOST:
        return replace(seen, promises=tuple(replace(one, told=True) for one in seen.promises if not one.duplicate))
    gone = [one for one in seen.expected if one.fault == fault]
    sequences = {promise_of(one).sequence for one in gone if one.module != "SITE"}
    promises = [one for one in seen.promises if one.sequence not in sequences]
    logged = Counter(seen.logged)
    for one in gone:
        logged[(one.site, one.code)] -= one.count if one.line else 0
    return replace(
        seen,
        tickets=tuple(ticket for ticket in seen.tickets if not any(ticket.is_about(one) for one in gone)),
        promises=tuple(promises),
        stored=stored(promises),
        logged=+logged,
        away=Away() if fault == plan.AWAY else seen.away,
        restart=Restart() if fault == plan.BURST else seen.restart,
    )


def failed(seen: Observations) -> set[str]:
    return {finding.name for finding in judge(seen) if not finding.held}


def about(fault: str, findings: list[Finding]) -> set[str]:
    return {finding.name for finding in findings if finding.fault == fault}


def test_a_run_in_which_all_is_right_passes() -> None:
    assert failed(a_run()) == set()


@pytest.mark.parametrize("fault", [*plan.FAULTS, plan.ANSWERS_LOST])
def test_each_check_fails_without_its_fault_and_no_other_does(fault: str) -> None:
    seen = a_run()
    wanted = about(fault, judge(seen))
    assert wanted, "this fault has no check"
    lost_too = {name for name in about(plan.ANSWERS_LOST, judge(seen)) if fault == plan.BURST}
    assert failed(withhold(fault, seen)) == wanted | lost_too


def test_without_any_fault_every_check_that_stands_on_one_fails() -> None:
    seen = a_run()
    for fault in (*plan.FAULTS, plan.ANSWERS_LOST):
        seen = withhold(fault, seen)
    assert failed(seen) == {finding.name for finding in judge(a_run()) if finding.needs_fault}
    assert about(ANY, judge(seen)) <= failed(seen)


def one_of(seen: Observations, code: str) -> TicketSeen:
    return next(one for one in seen.tickets if one.code == code)


def with_ticket(seen: Observations, old: TicketSeen, *new: TicketSeen) -> Observations:
    return replace(seen, tickets=(*(one for one in seen.tickets if one != old), *new))


def change(code: str, **changes: object) -> Callable[[Observations], Observations]:
    def spoil(seen: Observations) -> Observations:
        old = one_of(seen, code)
        return with_ticket(seen, old, replace(old, **changes))  # type: ignore[arg-type]

    return spoil


@pytest.mark.parametrize(
    ("spoil", "fails"),
    [
        (change("RCP-REG-0001", count=999), "burst"),
        (change("PRS-DOS-0001", level=2), "stack trace"),
        (change("PRS-DOS-0001", module="RCP"), "stack trace"),
        (change("PRS-DOS-0001", site="shanghai-clinic"), "stack trace"),
        (change("RCP-DB-0001", statuses=("new", "recovered")), "locked database"),
        (change("RCP-DB-0001", resolution="fixed"), "locked database"),
        (change("PRS-INT-0001", statuses=("new", "resolved"), resolution="auto"), "missing table"),
        (change("BIL-WRK-0001", statuses=("new", "recovered")), "crashed worker"),
        (change("PRS-FRM-0001", identity={"drug": "OTHER"}), "missing drugs"),
    ],
)
def test_a_ticket_that_is_wrong_is_named(spoil: Callable[[Observations], Observations], fails: str) -> None:
    assert any(name.startswith(f"{fails}:") for name in failed(spoil(a_run())))


def test_a_second_ticket_for_one_fault_is_named() -> None:
    seen = a_run()
    double = replace(one_of(seen, "PRS-DOS-0001"), number="2026-000999")
    assert any(name.startswith("stack trace:") for name in failed(replace(seen, tickets=(*seen.tickets, double))))


def test_a_ticket_that_nobody_expects_is_named() -> None:
    seen = a_run()
    stray = replace(one_of(seen, "PRS-DOS-0001"), number="2026-000999", code="PRS-XXX-0001")
    assert failed(replace(seen, tickets=(*seen.tickets, stray))) == {"no other tickets"}


def test_a_lost_row_is_found() -> None:
    seen = a_run()
    rows = seen.stored.events[1:]
    names = failed(replace(seen, stored=replace(seen.stored, events=rows)))
    assert "nothing that was acked is lost" in names


def test_a_lost_batch_without_events_is_found() -> None:
    seen = a_run()
    empty = Promise("agent-h", EPOCH, 900, 1, (), 900, False, 0, True)
    assert failed(replace(seen, promises=(*seen.promises, empty))) == {"nothing that was acked is lost"}


def test_a_doubled_row_is_found() -> None:
    seen = a_run()
    rows = (*seen.stored.events, replace(seen.stored.events[0], sequence=900))
    names = failed(replace(seen, stored=replace(seen.stored, events=rows)))
    assert "nothing is stored twice" in names


def test_a_row_with_another_count_is_found_in_both_directions() -> None:
    seen = a_run()
    first, *others = seen.stored.events
    rows = (replace(first, count=first.count + 1), *others)
    names = failed(replace(seen, stored=replace(seen.stored, events=rows)))
    assert {"nothing that was acked is lost", "nothing is stored twice"} <= names


def test_a_line_that_was_never_counted_is_found() -> None:
    seen = a_run()
    logged = {**seen.logged, ("seoul-hospital", "RCP-REG-0001"): 1_001}
    assert failed(replace(seen, logged=logged)) == {"every line of the applications' logs is counted once"}


def test_a_batch_that_changed_between_two_sends_is_found() -> None:
    seen = a_run()
    again = next(one for one in seen.promises if one.duplicate)
    changed = replace(again, events=(*again.events, (1, "f" * 16, "PRS-DOS-0001", 1)))
    assert "a batch never changes once it was sent" in failed(replace(seen, promises=(*seen.promises, changed)))


@pytest.mark.parametrize(
    ("spoilt", "name"),
    [
        (lambda seen: replace(seen, away=Away(90, 305, 2)), "faults are logged while the agent is killed"),
        (lambda seen: replace(seen, away=Away(300, 300, 0)), "faults are logged while the agent is killed"),
        (
            lambda seen: replace(seen, restart=Restart(300, 1000, 1000)),
            "the collector restarts in the middle of the burst",
        ),
        (lambda seen: replace(seen, stored=replace(seen.stored, parked=1)), "no record is refused and no gap reported"),
        (
            lambda seen: replace(seen, stored=replace(seen.stored, gaps=("x",))),
            "no record is refused and no gap reported",
        ),
        (lambda seen: replace(seen, tidy=("collector",)), "all programs end when asked"),
    ],
)
def test_each_circumstance_is_judged(spoilt: Callable[[Observations], Observations], name: str) -> None:
    assert failed(spoilt(a_run())) == {name}


def test_an_answer_that_was_lost_and_never_asked_for_again_is_found() -> None:
    seen = a_run()
    promises = tuple(one for one in seen.promises if not one.duplicate)
    assert "a batch whose answer was lost is sent again" in failed(replace(seen, promises=promises))


def test_latency_is_from_the_line_to_the_sight_of_the_ticket() -> None:
    seen = a_run()
    by_code = {one.code: seen.latency_s(one) for one in seen.expected}
    assert by_code["PRS-DOS-0001"] == pytest.approx(0.2)
    assert by_code["SITE-SILENT"] is None

"""The verdict over one run. Pure: the same observations always give the same findings.

A finding names the fault that it stands on. Take that fault away, in the observations or in a real
run, and the finding must fail: a check that also holds without its fault checks nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from deploy.demo.check.model import Ending, Expected, Finding, Observations, TicketSeen
from deploy.demo.check.plan import ANSWERS_LOST, AWAY, BURST
from deploy.demo.proxy import Promise

ANY = "any fault"
SHOWN = 5  # of a long list of what is wrong


def judge(seen: Observations) -> list[Finding]:
    """Every finding, in the order in which a reader wants them."""
    return [
        *(_ticket(expected, seen) for expected in seen.expected),
        _no_other_tickets(seen),
        _restart(seen),
        _away(seen),
        _resent(seen),
        _same_bytes(seen),
        _nothing_lost(seen),
        _nothing_doubled(seen),
        _counts(seen),
        _nothing_parked(seen),
        Finding("all programs end when asked", not seen.tidy, _listed(list(seen.tidy)) or "all did"),
    ]


def _ticket(expected: Expected, seen: Observations) -> Finding:
    found = [ticket for ticket in seen.tickets if ticket.is_about(expected)]
    if len(found) != 1:
        return Finding(str(expected), held=False, why=f"{len(found)} tickets instead of one", fault=expected.fault)
    problems = list(_problems(expected, found[0]))
    return Finding(str(expected), not problems, "; ".join(problems) or f"ticket {found[0].number}", expected.fault)


def _problems(expected: Expected, ticket: TicketSeen) -> Iterator[str]:
    for name in ("module", "level", "count"):
        if getattr(ticket, name) != getattr(expected, name):
            yield f"{name} is {getattr(ticket, name)} instead of {getattr(expected, name)}"
    last = ticket.statuses[-1] if ticket.statuses else "nothing"
    way = " > ".join(ticket.statuses)
    if expected.ending is not Ending.OPEN and last != "resolved":
        yield f"ends as {last} ({way})"
    if expected.ending is Ending.AUTO and ticket.resolution != "auto":
        yield f"resolved as {ticket.resolution} instead of by rule"
    if expected.ending is Ending.PERSON and ("recovered" not in ticket.statuses or ticket.resolution == "auto"):
        yield f"did not wait for a person once recovered ({way}, {ticket.resolution})"


def _no_other_tickets(seen: Observations) -> Finding:
    others = [
        f"{ticket.number} {ticket.code} {dict(ticket.identity)} at {ticket.site}"
        for ticket in seen.tickets
        if not any(ticket.is_about(expected) for expected in seen.expected)
    ]
    return Finding("no other tickets", not others, _listed(others) or f"{len(seen.tickets)} tickets in all")


def _restart(seen: Observations) -> Finding:
    marks = seen.restart
    held = 0 < marks.lines_at_stop < marks.lines_at_return < marks.lines_at_end
    why = f"lines: {marks.lines_at_stop} before, {marks.lines_at_return} at its return, {marks.lines_at_end} in all"
    return Finding("the collector restarts in the middle of the burst", held, why, BURST)


def _away(seen: Observations) -> Finding:
    marks = seen.away
    held = 0 < marks.lines_at_kill < marks.lines_at_return and marks.seen_meanwhile == 0
    why = (
        f"lines: {marks.lines_at_kill} when it was killed, {marks.lines_at_return} at its return; "
        f"{marks.seen_meanwhile} tickets meanwhile"
    )
    return Finding("faults are logged while the agent is killed", held, why, AWAY)


def _resent(seen: Observations) -> Finding:
    lost = {_key(promise) for promise in seen.promises if not promise.told and promise.events}
    again = {_key(promise) for promise in seen.promises if promise.told and promise.duplicate}
    held = bool(lost) and lost <= again
    why = f"{len(lost)} answers about events were lost, {len(lost & again)} of these batches were sent again"
    return Finding("a batch whose answer was lost is sent again", held, why, ANSWERS_LOST)


def _same_bytes(seen: Observations) -> Finding:
    first: dict[tuple[str, str, int], Promise] = {}
    changed = [
        _name(_key(promise))
        for promise in seen.promises
        if first.setdefault(_key(promise), promise).events != promise.events
    ]
    return Finding("a batch never changes once it was sent", not changed, _listed(changed) or "none did")


def _nothing_lost(seen: Observations) -> Finding:
    """Row by row: every event that was promised stands in the database, in its place and with its count."""
    rows = {(row.agent, row.epoch, row.sequence, row.position, row.event_id, row.count) for row in seen.stored.events}
    promised = _promised(seen)
    missing = [_name(row[:3]) for row in sorted(promised - rows)]
    missing += [_name(key) for key in sorted({_key(one) for one in seen.promises} - set(seen.stored.batches))]
    faults = any(is_fault(code) for one in seen.promises for _, _, code, _ in one.events)
    held = faults and not missing
    why = _listed(missing) or f"{len(promised)} events in {len({_key(one) for one in seen.promises})} acked batches"
    return Finding("nothing that was acked is lost", held, why, ANY)


def _nothing_doubled(seen: Observations) -> Finding:
    """Row by row, the other way: the database holds no event that was not promised, and none twice."""
    stored = Counter(
        (row.agent, row.epoch, row.sequence, row.position, row.event_id, row.count) for row in seen.stored.events
    )
    ids = Counter((row.site, row.event_id) for row in seen.stored.events)
    wrong = [f"event {event} at {site} stands {times} times" for (site, event), times in ids.items() if times > 1]
    promised = _promised(seen)
    wrong += [f"{_name(row[:3])} holds an event that nobody sent" for row in sorted(set(stored) - promised)]
    held = any(is_fault(row.code) for row in seen.stored.events) and not wrong
    return Finding("nothing is stored twice", held, _listed(wrong) or f"{len(ids)} events, each once", ANY)


def _counts(seen: Observations) -> Finding:
    """The sum of the counts of all events is the number of lines that the applications wrote."""
    stored: Counter[tuple[str, str]] = Counter()
    for row in seen.stored.events:
        stored[(row.site, row.code)] += row.count
    wrong = [
        f"{code} at {site}: {lines} lines, {stored[(site, code)]} counted"
        for (site, code), lines in sorted(seen.logged.items())
        if stored[(site, code)] != lines
    ]
    faults = sum(lines for (_, code), lines in seen.logged.items() if is_fault(code))
    why = _listed(wrong) or f"{sum(seen.logged.values())} lines, as many counted"
    return Finding("every line of the applications' logs is counted once", faults > 0 and not wrong, why, ANY)


def _nothing_parked(seen: Observations) -> Finding:
    gaps = _listed(list(seen.stored.gaps))
    why = f"{seen.stored.parked} parked; gaps: {gaps or 'none'}"
    return Finding("no record is refused and no gap reported", not seen.stored.parked and not gaps, why)


def is_fault(code: str) -> bool:
    """Whether this code is a fault and not the end of one: each application writes such an end at its start."""
    return not code.endswith("-0000")


def _promised(seen: Observations) -> set[tuple[str, str, int, int, str, int]]:
    return {
        (promise.agent, promise.epoch, promise.sequence, position, event_id, count)
        for promise in seen.promises
        for position, event_id, _, count in promise.events
    }


def _key(promise: Promise) -> tuple[str, str, int]:
    return (promise.agent, promise.epoch, promise.sequence)


def _name(key: tuple[str, str, int]) -> str:
    return f"batch {key[2]} of {key[0]}"


def _listed(items: list[str]) -> str:
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return "; ".join(items[:SHOWN]) + more

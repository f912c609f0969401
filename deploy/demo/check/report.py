"""The findings and figures of one run, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from deploy.demo.check.model import Finding, Observations
from deploy.demo.check.plan import FORMULARY

TARGET_MEDIAN_S, TARGET_P99_S = 0.25, 1.0
MS = 1_000
MB = 1_000_000


def latencies_s(seen: Observations, fault: str) -> list[float]:
    """Line to visible ticket, for the tickets of one fault that were found; sorted."""
    found = (seen.latency_s(expected) for expected in seen.expected if expected.fault == fault)
    return sorted(latency for latency in found if latency is not None)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of sorted numbers.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 0.5), percentile([1.0, 2.0, 3.0, 4.0], 0.99)
    (2.0, 4.0)
    """
    rank = -(-len(ordered) * share // 1)  # rounded up
    return ordered[max(0, int(rank) - 1)]


def report(seen: Observations, findings: Sequence[Finding]) -> Iterator[str]:
    """The table of latencies, the figures, then what did not hold."""
    yield from _latency_table(seen)
    yield ""
    yield from _figures(seen)
    yield ""
    for finding in findings:
        if not finding.held:
            yield f"FAILED  {finding.name}: {finding.why}"
    kept = [finding for finding in findings if finding.held]
    for finding in kept:
        if not finding.name.startswith(f"{FORMULARY}:"):
            yield f"ok      {finding.name}: {finding.why}"
    yield f"{len(kept)} of {len(findings)} checks hold"


def _latency_table(seen: Observations) -> Iterator[str]:
    yield f"{'fault':<18} {'ticket':<14} {'level':>5} {'count':>6} {'line to ticket':>15}"
    for expected in seen.expected:
        if expected.fault == FORMULARY:
            continue
        ticket, latency = seen.ticket_for(expected), seen.latency_s(expected)
        shown = "-" if latency is None else f"{latency * MS:.0f} ms"
        level, count = (ticket.level, ticket.count) if ticket else ("-", "-")
        yield f"{expected.fault:<18} {expected.code:<14} {level:>5} {count:>6} {shown:>15}"
    distinct = latencies_s(seen, FORMULARY)
    if distinct:
        shown = f"{median(distinct) * MS:.0f} ms"
        yield f"{FORMULARY:<18} {'PRS-FRM-0001':<14} {3:>5} {len(distinct):>4}x1 {shown:>15}  (median)"


def _figures(seen: Observations) -> Iterator[str]:
    distinct = latencies_s(seen, FORMULARY)
    if distinct:
        middle, high = median(distinct), percentile(distinct, 0.99)
        yield (
            f"line to visible ticket, {len(distinct)} distinct faults: median {middle * MS:.0f} ms "
            f"({_against(middle, TARGET_MEDIAN_S)}), p99 {high * MS:.0f} ms ({_against(high, TARGET_P99_S)})"
        )
    for one in seen.usage:
        share = 100 * one.cpu_s / one.ran_s if one.ran_s else 0.0
        cost = f"{one.cpu_s:.1f} s of processor in {one.ran_s:.0f} s ({share:.1f} %)"
        yield f"{one.name}: {one.rss_bytes / MB:.1f} MB resident, {cost}"
    yield f"took {seen.took_s:.0f} s"


def _against(value_s: float, target_s: float) -> str:
    return f"target {target_s * MS:.0f} ms{'' if value_s < target_s else ', MISSED'}"

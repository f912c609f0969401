"""One run: a collector with its fleet in a folder of its own, from enrolment to the comparison at the end."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.agents.collector import MeasuredCollector
from benchmarks.agents.crew import Crew, crew
from benchmarks.agents.figures import Window, troubles
from benchmarks.agents.ledger import Comparison, compare
from benchmarks.agents.plan import Plan
from benchmarks.agents.used import cpu_s, rss_mb

CONNECTS_S = 400.0  # new connections a second of each worker


@dataclass
class Run:
    """A collector that runs, and the crew that drives it."""

    collector: MeasuredCollector
    plan: Plan
    crew: Crew
    ledger: Path

    def connect(self) -> None:
        """Open every connection, and say what that cost."""
        used = cpu_s(self.collector.pid)
        took_s = max(answer["took_s"] for answer in self.crew.ask("connect", CONNECTS_S))
        used = (cpu_s(self.collector.pid) - used) / self.plan.count * 1_000
        memory = f"{rss_mb(self.collector.pid):.0f} MB"
        print(f"{self.plan.count} connected in {took_s:.1f} s, {used:.2f} ms of CPU each, then {memory}", flush=True)

    def measure(self, seconds: float) -> Window:
        """The figures of so many seconds from now."""
        self.crew.counts()
        used, own, begun = cpu_s(self.collector.pid), self.crew.cpu_s(), time.perf_counter()
        time.sleep(seconds)
        counts, elapsed_s = self.crew.counts(), time.perf_counter() - begun
        used, own = cpu_s(self.collector.pid) - used, self.crew.cpu_s() - own
        return Window(counts, elapsed_s, used, own, rss_mb(self.collector.pid))

    def warm_up(self) -> None:
        """One interval, in which each agent connects, checks in for the first time and opens its first tickets."""
        self.crew.ask("live")
        warm = self.measure(self.plan.interval_s * 1.1)
        print(f"first interval: {warm.counts.handshakes} handshakes; {warm.cpu_percent:.0f} % of a core, "
              f"{warm.each_us:.0f} us a check-in, then {warm.rss_mb:.0f} MB")  # fmt: skip
        print(f"  {troubles(warm.counts)}", flush=True)

    def finish(self) -> Comparison:
        """Everything acknowledged, and compared with what is stored."""
        took_s = max(answer["took_s"] for answer in self.crew.ask("drain"))
        found = compare(self.ledger, self.collector.stored())
        wrong = "; ".join(found.differences) or "nothing lost, nothing doubled"
        print(
            f"ledger: {found.acked} events acked, {found.stored} stored, drained in {took_s:.1f} s: {wrong}", flush=True
        )
        return found


@contextmanager
def fleet(collector: MeasuredCollector, count: int, *, workers: int, **plan: float) -> Iterator[Run]:
    """So many agents of a collector that has been started; it has ended afterwards."""
    begun = time.perf_counter()
    roster, receipt_key = collector.enrol(count)
    print(f"{count} agents, a site each, written into the store in {time.perf_counter() - begun:.1f} s", flush=True)
    ledger = collector.folder / "ledger"
    whole = Plan(
        port=collector.port,
        ca=collector.ca,
        receipt_key=receipt_key,
        roster=str(roster),
        ledger=str(ledger),
        worker=0,
        first=0,
        count=count,
        **plan,  # type: ignore[arg-type]
    )
    collector.start()
    try:
        with crew(collector.folder, whole, workers) as hands:
            yield Run(collector, whole, hands, ledger)
    finally:
        collector.stop()


@contextmanager
def folder_for_a_run() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="sw-fleet-") as name:
        yield Path(name)

"""A fleet of simulated agents against one collector: what it costs, how fast it answers, what it loses.

Each agent has its own key and its own TLS connection; it looks at sixty numbers of its host, seals, compresses and
signs, checks the signature of every receipt, backs off, honours Retry-After, and sends again until it has one. The
agents run in processes of their own, on the same cores; they and their sites are written into the store before the
start. At the end the generator's own ledger is compared with the database.

    python -m benchmarks.fleet rate --agents 10000 --interval 60 --seconds 60
    python -m benchmarks.fleet herd --agents 2000 --interval 30
    python -m benchmarks.fleet reconnect --agents 10000
    python -m benchmarks.fleet backlog --agents 500 --batches 20 --looks 100
    python -m benchmarks.fleet hour --agents 1000 --interval 10 --minutes 60 --restarts 0.01
    python -m benchmarks.fleet rate --store postgresql://boss:p@127.0.0.1:5432/fleet
    python -m benchmarks.fleet kill --seeds 20 --store sqlite
    python -m benchmarks.fleet kill --seeds 20 --store postgresql

A collector has as many connections as `ulimit -n` lets it: where that is fewer than the agents that are meant,
fewer agents that report more often make the same rate. Without arguments: a short `rate`.
"""

from __future__ import annotations

import argparse
import resource
import signal
import sys
import time

from benchmarks.agents.collector import MeasuredCollector
from benchmarks.agents.figures import Window, against, machine, percentile, slope_an_hour, troubles
from benchmarks.agents.kills import kill_again
from benchmarks.agents.run import Run, fleet, folder_for_a_run
from benchmarks.agents.used import cpu_s, rss_mb

SHARE_AT_10_000, SHARE_AT_30_000 = 30.0, 60.0  # percent of a core at 60 s, by the design
P99_MS, HERD_S = 100.0, 2.0
SPARE_DESCRIPTORS = 500
SAMPLE_S = 10.0
NEW_LIVES = 0.1  # of an agent's starts: its spool was made anew


def target_percent(rate: float) -> float:
    """Share of a core that a rate may take: the line through 30 % at 167 check-ins/s and 60 % at 500."""
    return SHARE_AT_10_000 + max(0.0, rate - 167) / (500 - 167) * (SHARE_AT_30_000 - SHARE_AT_10_000)


def rate(run: Run, options: argparse.Namespace) -> None:
    run.warm_up()
    window = run.measure(options.seconds)
    tell(window)
    wanted = run.plan.count / run.plan.interval_s
    if window.rate < wanted * 0.9:
        print(f"  only {window.rate / wanted:.0%} of the rate that was meant: NOT MET")
    p99_ms = percentile(window.counts.latencies_ms, 0.99)
    print(f"  CPU {against(window.cpu_percent, target_percent(window.rate))}; p99 {against(p99_ms, P99_MS)}")


def herd(run: Run, options: argparse.Namespace) -> None:
    run.warm_up()
    run.crew.ask("drain")
    for which in range(options.rounds):
        prepared = run.crew.ask("prepare", run.plan.count // len(run.crew.workers))
        used = cpu_s(run.collector.pid)
        run.crew.counts()
        answers = run.crew.ask("release")
        sent_s = max(answer["sent_s"] for answer in answers)
        acked_s = max(answer["acked_s"] for answer in answers)
        counts, used = run.crew.counts(), cpu_s(run.collector.pid) - used
        count = int(sum(answer["prepared"] for answer in prepared))
        print(f"herd {which + 1}: {count} sent in {sent_s:.2f} s, all acked after {acked_s:.2f} s: "
              f"{against(acked_s, HERD_S)}")  # fmt: skip
        print(
            f"  p50 {percentile(counts.latencies_ms, 0.5):.0f} ms, {used / count * 1e6:.0f} us each; {troubles(counts)}"
        )


def reconnect(run: Run, options: argparse.Namespace) -> None:
    run.warm_up()
    before_mb = rss_mb(run.collector.pid)
    run.collector.stop(signal.SIGKILL)
    time.sleep(options.outage)
    run.crew.counts()
    run.collector.start()
    begun, back, peak = time.perf_counter(), 0, 0.0
    used, refused = 0.0, 0
    while back < run.plan.count and time.perf_counter() - begun < options.seconds:
        window = run.measure(1.0)
        back += window.counts.handshakes
        peak, used = max(peak, window.counts.handshakes / window.elapsed_s), used + window.used_s
        refused += sum(window.counts.refused.values())
    elapsed_s = time.perf_counter() - begun
    print(
        f"outage of {options.outage:.0f} s by SIGKILL: {back} of {run.plan.count} connected again in {elapsed_s:.0f} s"
    )
    print(f"  handshakes: {back / elapsed_s:.0f}/s, at most {peak:.0f}/s; collector {used / elapsed_s * 100:.0f} %,"
          f" {before_mb:.0f} MB before, {rss_mb(run.collector.pid):.0f} MB after; refused {refused}")  # fmt: skip
    tell(run.measure(run.plan.interval_s))


def backlog(run: Run, options: argparse.Namespace) -> None:
    run.connect()
    before_mb, used, own = rss_mb(run.collector.pid), cpu_s(run.collector.pid), run.crew.cpu_s()
    run.crew.counts()
    begun = time.perf_counter()
    answers = run.crew.ask("backlog", options.batches, options.looks)
    elapsed_s, counts = time.perf_counter() - begun, run.crew.counts()
    used, own = cpu_s(run.collector.pid) - used, run.crew.cpu_s() - own
    count = int(sum(answer["batches"] for answer in answers))
    looks = count * options.looks
    print(f"a week in {options.batches} batches of {options.looks} looks, {run.plan.count} agents: {elapsed_s:.0f} s,"
          f" {count / elapsed_s:.0f} batches/s, {looks / elapsed_s:.0f} looks/s")  # fmt: skip
    print(f"  collector before {before_mb:.0f} MB")
    tell(Window(counts, elapsed_s, used, own, rss_mb(run.collector.pid)))


def hour(run: Run, options: argparse.Namespace) -> None:
    run.warm_up()
    memory: list[tuple[float, float]] = []
    slowest: list[tuple[float, float]] = []
    waiting: list[tuple[float, float]] = []
    begun, total = time.perf_counter(), Window(run.crew.counts(), 0, 0, 0, 0)
    while (at := time.perf_counter() - begun) < options.minutes * 60:
        window = run.measure(SAMPLE_S)
        memory.append((at, window.rss_mb))
        slowest.append((at, percentile(window.counts.latencies_ms, 0.99)))
        waiting.append((at, run.collector.backlog_s()))
        total.counts.add(window.counts)
        total = Window(total.counts, total.elapsed_s + window.elapsed_s, total.used_s + window.used_s,
                       total.own_s + window.own_s, window.rss_mb)  # fmt: skip
    tell(total)
    print(f"  memory {memory[0][1]:.0f} to {memory[-1][1]:.0f} MB, {slope_an_hour(memory):+.1f} MB an hour; "
          f"p99 of each {SAMPLE_S:.0f} s: {slope_an_hour(slowest):+.1f} ms an hour; work that waits: at most "
          f"{max(value for _, value in waiting):.2f} s, {slope_an_hour(waiting):+.3f} s an hour")  # fmt: skip


def tell(window: Window) -> None:
    for line in window.lines():
        print(f"  {line}", flush=True)


MODES = {act.__name__: act for act in (rate, herd, reconnect, backlog, hour)}
KILL = "kill"


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks.fleet", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mode", nargs="?", choices=[*MODES, KILL], default="rate")
    parser.add_argument("--agents", type=int, default=1_000)
    parser.add_argument(
        "--interval", type=float, default=10.0, metavar="S", help="seconds between check-ins of an agent"
    )
    parser.add_argument("--seconds", type=float, default=20.0, metavar="S", help="how long is measured")
    parser.add_argument("--events", type=float, default=1.0, metavar="N", help="faults in a check-in, on average")
    parser.add_argument("--codes", type=int, default=3, help="different faults of a host; 1: after the first all known")
    parser.add_argument("--workers", type=int, default=2, help="processes of the generator")
    parser.add_argument(
        "--store",
        default="sqlite",
        help="sqlite, or postgresql://... of an empty database; kill: postgresql, a server of its own",
    )
    parser.add_argument("--plain", action="store_true", help="without TLS")
    parser.add_argument("--rounds", type=int, default=3, help="herd: how many, one after another")
    parser.add_argument(
        "--outage", type=float, default=10.0, metavar="S", help="reconnect: how long the collector is away"
    )
    parser.add_argument("--batches", type=int, default=20, help="backlog: batches of each agent")
    parser.add_argument("--looks", type=int, default=100, help="backlog: health samples in a batch")
    parser.add_argument("--minutes", type=float, default=60.0, help="hour: how long it really is")
    parser.add_argument(
        "--restarts", type=float, default=0.0, help="chance for each check-in that its agent starts anew"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=1, help="kill: of the collector in each of them")
    parser.add_argument("--seeds", type=int, default=20, help="kill: how many stories, one after another")
    options = parser.parse_args(words)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if options.agents + SPARE_DESCRIPTORS > hard:
        parser.error(f"{options.agents} connections are more than `ulimit -Hn` ({hard}) lets a collector have: "
                     "fewer agents at a shorter interval make the same rate")  # fmt: skip
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return options


def main(words: list[str]) -> int:
    options = parsed(words)
    print(
        f"{machine()}; {options.mode}, {options.store.partition(':')[0]}, {options.events} events a check-in",
        flush=True,
    )
    if options.mode == KILL:
        return 0 if kill_again(options.store.partition(":")[0], options.seeds, options.kills) else 1
    with folder_for_a_run() as folder:
        collector = MeasuredCollector(folder, interval_s=options.interval, tls=not options.plain, store=options.store)
        shares = {
            "interval_s": options.interval,
            "events": options.events,
            "codes": options.codes,
            "seed": options.seed,
            "restarts": options.restarts,
            "new_lives": NEW_LIVES,
        }
        with fleet(collector, options.agents, workers=options.workers, **shares) as run:
            MODES[options.mode](run, options)
            found = run.finish()
    print(machine())
    return 1 if found.differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

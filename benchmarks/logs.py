"""Lines per second of the log pipeline beside other programs, in the same run; and write -> event in the spool.

    python benchmarks/logs.py [--lines N] [--corpus DIR]

The whole path is file -> lines -> scan -> `re` -> events -> redaction -> encoded records, on one core. Where faults are
new and all different the spool's database costs more than reading; `with the spool` shows it. Nothing fails here.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import resource
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

from agent.logs.reader import LogReader
from agent.logs.watch import DirectoryWatch
from agent.redaction.intake import RedactingIntake
from agent.redaction.redactor import Redactor
from agent.settings.model import Source, SpoolSettings
from agent.settings.redaction import RedactionSettings
from agent.spool import open_spool
from agent.spool.model import Means
from agent.spool.port import Deposit, Intake
from benchmarks.material.lines import corpus, lines_of, synthetic, unknown_lines
from benchmarks.material.peers import SEC_LINES, plain_loop, read_floor, ripgrep, sec
from tests.fakes.intake import MemoryIntake
from wire.catalogue.model import Catalogue
from wire.catalogue.reading import encode_catalogue
from wire.messages import Record, encode_record


class Counting(MemoryIntake):
    """Encodes every record, as a spool does, and keeps only numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.records = self.hits = self.unknown = 0

    def deposit(self, deposit: Deposit) -> None:
        """Count."""
        records: list[Record] = [*deposit.events, *deposit.unknowns]
        for record in records:
            encode_record(record)
        self.records += len(deposit.events) + len(deposit.unknowns)
        self.hits += sum(event.count for event in deposit.events)
        self.unknown += sum(unknown.count for unknown in deposit.unknowns)
        super().deposit(Deposit(cursors=deposit.cursors))


def gated(intake: Intake) -> RedactingIntake:
    return RedactingIntake(intake, Redactor(RedactionSettings(), b"0" * 32))


def real_spool(folder: Path) -> Intake:
    means = Means(now=lambda: datetime.now(UTC), monotonic=time.monotonic, new_epoch=lambda: "0" * 16)
    folder.mkdir()
    return open_spool(folder, SpoolSettings(), means)


def source_of(log: Path, catalogue: Catalogue, start: str) -> Source:
    path = log.with_suffix(".yaml")
    path.write_bytes(encode_catalogue(catalogue))  # JSON is YAML
    given = {"name": log.stem, "path": str(log), "catalogue": str(path), "start": start, "time": "iso", "zone": "UTC"}
    return Source(**given)  # type: ignore[arg-type]  # the values have the types of their fields


def whole_path(catalogue: Catalogue, log: Path, intake: Intake) -> float:
    """Seconds of processor time for reading `log` from its beginning into `intake`."""
    reader = LogReader([source_of(log, catalogue, "beginning")], gated(intake))
    started = time.process_time()
    while reader.turn(datetime.now(UTC)) == 0:
        pass
    seconds = time.process_time() - started
    reader.close()
    return seconds


def measure(name: str, catalogue: Catalogue, lines: list[str], folder: Path) -> tuple[float, Path]:
    """Print and give lines/s of the whole path."""
    log = folder / f"{name.replace(' ', '-').replace('%', '')}.log"
    log.write_text("\n".join(lines) + "\n", encoding="utf-8")
    intake = Counting()
    seconds = whole_path(catalogue, log, intake)
    rate = len(lines) / seconds
    print(
        f"{name:44} {rate:11,.0f} lines/s {log.stat().st_size / seconds / 1e6:6.0f} MB/s"
        f"  {intake.hits / len(lines):5.1%} hits, {intake.unknown / len(lines):5.1%} unknown, {intake.records} records"
    )
    return rate, log


def beside_others(catalogue: Catalogue, lines: list[str], log: Path, ours: float) -> None:
    """The same file and patterns through other programs, with the ratio to ours."""
    figures = {
        "reading alone": read_floor(log, len(lines)),
        "rg --count -f": ripgrep(catalogue, log, len(lines)),
        f"SEC ({SEC_LINES} lines)": sec(catalogue, log, lines),
        "plain loop of re": plain_loop(catalogue, lines),
    }
    for name, rate in figures.items():
        if rate is None:
            print(f"  {name:42} not installed: skipped")
        else:
            print(f"  {name:42} {rate:11,.0f} lines/s  (ours is {ours / rate:,.2f} times as fast)")


def write_to_spool(folder: Path, *, backlog: Path | None, rounds: int = 200) -> list[float]:
    """Milliseconds from the end of a write to the end of its deposit in the spool, woken by the watch."""
    catalogue, hits = synthetic(1_000, random.Random(2))  # noqa: S311  # the same lines in every run
    log = folder / "live.log"
    log.write_text("")
    sources = [source_of(log, catalogue, "end")]
    if backlog:
        sources.append(source_of(backlog, catalogue, "beginning"))
    wake, stop, done = threading.Event(), threading.Event(), threading.Event()
    spool = real_spool(folder / f"spool-{bool(backlog)}")
    reader = LogReader(sources[:1], gated(_Told(spool, str(log), done)), DirectoryWatch(wake.set))
    reader.turn(datetime.now(UTC))
    reader.reload(sources)

    def loop() -> None:
        while not stop.is_set():
            wake.clear()
            wait_s = reader.turn(datetime.now(UTC))
            wake.wait(wait_s)

    thread = threading.Thread(target=loop)
    thread.start()
    times = [_write(log, hits[number % len(hits)], done) for number in range(rounds)]
    stop.set()
    wake.set()
    thread.join()
    reader.close()
    return times


def _write(log: Path, line: str, done: threading.Event) -> float:
    done.clear()
    with log.open("a") as file:
        file.write(line + "\n")
    started = time.perf_counter()
    if not done.wait(10):
        raise SystemExit("a line never became an event")
    took = (time.perf_counter() - started) * 1_000
    time.sleep(0.005)
    return took


class _Told(MemoryIntake):
    """Passes deposits on, and tells when an event of one file is stored."""

    def __init__(self, spool: Intake, path: str, done: threading.Event) -> None:
        super().__init__()
        self._spool = spool
        self._path = path
        self._done = done

    def deposit(self, deposit: Deposit) -> None:
        """Store."""
        self._spool.deposit(deposit)
        if any(event.source == self._path for event in deposit.events):
            self._done.set()


def scans(count: int, folder: Path) -> Path:
    """Everything in lines per second; the log of the first run."""
    rng = random.Random(1)  # noqa: S311  # the same lines in every run
    catalogue, hits = synthetic(1_000, rng)
    few = list(lines_of(count, hits, 0.05, rng))
    ours, first = measure("1,000 codes, 5% hit", catalogue, few, folder)
    beside_others(catalogue, few, first, ours)
    measure("1,000 codes, 75% hit", catalogue, list(lines_of(count // 2, hits, 0.75, rng)), folder)
    measure("1,000 codes, 5% hit, all codes alike", catalogue, list(lines_of(count, hits, 0.05, rng, "even")), folder)
    measure("1,000 codes, errors without a code", catalogue, list(unknown_lines(count // 4, rng)), folder)
    korean = [line.replace("patient", "환자").replace("record", "기록") for line in few[: count // 2]]
    measure("1,000 codes, 5% hit, Korean words", catalogue, korean, folder)
    seconds = whole_path(catalogue, first, real_spool(folder / "spool"))
    print(f"{'1,000 codes, 5% hit, with the spool':44} {count / seconds:11,.0f} lines/s")
    many, hits = synthetic(5_000, rng)
    rate, _ = measure("5,000 codes, 5% hit", many, list(lines_of(count, hits, 0.05, rng)), folder)
    print(f"  5,000 codes instead of 1,000: {1 - rate / ours:.0%} slower")
    return first


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=500_000)
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="real logs with their templates")
    arguments = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} CPUs, {platform.system()} {platform.release()}")
    print(f"{platform.python_implementation()} {platform.python_version()}; processor time of one core")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        backlog = scans(arguments.lines, folder)
        if arguments.corpus:
            rng = random.Random(3)  # noqa: S311  # the same lines in every run
            catalogue, lines = corpus(arguments.corpus, 1_000, arguments.lines, rng)
            ours, log = measure("real lines, 1,000 codes", catalogue, lines, folder)
            beside_others(catalogue, lines, log, ours)
        for words, beside in (("alone", None), ("beside a backlog", backlog)):
            times = write_to_spool(folder, backlog=beside)
            tail = quantiles(times, n=100)[-1]
            print(f"write to event in the spool, {words}: median {median(times):.1f} ms, p99 {tail:.1f} ms")
    print(f"largest RSS {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB, test data included")


if __name__ == "__main__":
    main()

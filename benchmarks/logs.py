"""Lines per second of the log pipeline against a plain loop of `re`, in the same run; and write -> deposit.

    python benchmarks/logs.py [--lines N]

The catalogue is synthetic: 100 or 1,000 codes, each a sentence with two variable parts, of which one
line in twenty is hit; the other lines share their words with the codes, so that the prefilter has something
to do. The whole path is file -> lines -> decoding -> scan -> events -> deposit in memory. Nothing fails here.
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
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

from agent.logs.reader import LogReader
from agent.logs.scan import Scanner
from agent.logs.trial import Tally, try_log
from agent.logs.watch import DirectoryWatch
from agent.settings.encoding import find_encoding
from agent.settings.model import Source
from tests.fakes.intake import MemoryIntake
from wire.catalogue.dialect import compile_pattern
from wire.catalogue.model import Catalogue, ErrorCode, Module, Pattern, Texts
from wire.catalogue.reading import encode_catalogue

WORDS = """
connection session patient invoice record queue worker timeout refused closed opened failed retry storage printer
ward reception billing prescription laboratory image database lock transaction commit rollback index table row
user token certificate socket request response upload download gateway proxy cache memory disk thread pool
""".split()  # noqa: SIM905  # forty words read better as a text
HIT_EVERY = 20
LOOP_LINES = 400  # the plain loop is some thousand times slower


def synthetic(codes: int, rng: random.Random) -> tuple[Catalogue, list[str]]:
    """A catalogue, and for each code a line that it hits."""
    errors, hits = [], []
    for number in range(codes):
        words = [rng.choice(WORDS) for _ in range(6)]
        words[rng.randrange(6)] = f"{rng.choice(WORDS)}{number:x}"
        regex = f"{' '.join(words[:3])} (?P<id>\\d+) {' '.join(words[3:])} after (?P<ms>\\d+) ms"
        title = Texts(en=" ".join(words))
        errors.append(ErrorCode(code=f"E{number}", level=2, title=title, match=[Pattern(regex=regex)]))
        hits.append(f"{' '.join(words[:3])} {number} {' '.join(words[3:])} after 30 ms")
    module = Module(code="M", name=Texts(en="module"), errors=errors)
    return Catalogue(product="bench", version="1", modules=[module]), hits


def lines_of(count: int, hits: list[str], rng: random.Random) -> Iterator[str]:
    for number in range(count):
        text = rng.choice(hits) if number % HIT_EVERY == 0 else " ".join(rng.choice(WORDS) for _ in range(12))
        yield f"2026-11-24 10:00:{number % 60:02} INFO [worker-{number % 7}] {text}"


def whole_path(catalogue: Catalogue, log: Path) -> tuple[float, int]:
    """Seconds of processor time, and events, for reading `log` from its beginning into a deposit."""
    path = log.with_suffix(".yaml")
    path.write_bytes(encode_catalogue(catalogue))  # JSON is YAML
    intake = MemoryIntake()
    source = Source(name="bench", path=str(log), catalogue=str(path), start="beginning", time="iso", zone="UTC")
    reader = LogReader([source], intake)
    started = time.process_time()
    while reader.turn(datetime.now(UTC)) == 0:
        pass
    seconds = time.process_time() - started
    reader.close()
    return seconds, sum(event.count for event in intake.events)


def plain_loop(catalogue: Catalogue, lines: list[str]) -> tuple[float, int]:
    patterns = [compile_pattern(error.match[0].regex or "") for _, error in catalogue.codes()]
    started = time.process_time()
    hits = sum(any(pattern.search(line) for pattern in patterns) for line in lines)
    return time.process_time() - started, hits


def scan_only(catalogue: Catalogue, lines: list[str]) -> float:
    scanner, content = Scanner(catalogue), "\n".join(lines).encode()
    chunks = [content[at : at + 262_144] for at in range(0, len(content), 262_144)]
    started = time.process_time()
    for _ in try_log(scanner, find_encoding("utf-8"), chunks, Tally()):
        pass
    return time.process_time() - started


def write_to_deposit(folder: Path, rounds: int = 100) -> list[float]:
    """Milliseconds from the end of a write to the end of its deposit in memory, woken by the watch."""
    catalogue, hits = synthetic(100, random.Random(2))  # noqa: S311  # the same lines in every run
    log = folder / "live.log"
    log.touch()
    (folder / "live.yaml").write_bytes(encode_catalogue(catalogue))
    intake, wake, stop = MemoryIntake(), threading.Event(), threading.Event()
    reader = LogReader(
        [Source(name="live", path=str(log), catalogue=str(folder / "live.yaml"))], intake, DirectoryWatch(wake.set)
    )
    reader.turn(datetime.now(UTC))

    def loop() -> None:
        while not stop.is_set():
            wait_s = reader.turn(datetime.now(UTC))
            wake.wait(wait_s)
            wake.clear()

    thread = threading.Thread(target=loop)
    thread.start()
    times = []
    for number in range(rounds):
        before = len(intake.events)
        with log.open("a") as file:
            file.write(hits[number % len(hits)] + "\n")
        started = time.perf_counter()
        while len(intake.events) == before:
            time.sleep(0.0001)
        times.append((time.perf_counter() - started) * 1_000)
        time.sleep(0.01)
    stop.set()
    wake.set()
    thread.join()
    reader.close()
    return times


def measure(codes: int, count: int, folder: Path) -> None:
    rng = random.Random(1)  # noqa: S311  # the same lines in every run
    catalogue, hits = synthetic(codes, rng)
    lines = list(lines_of(count, hits, rng))
    log = folder / f"{codes}.log"
    log.write_text("\n".join(lines) + "\n")
    seconds, events = whole_path(catalogue, log)
    scan_s = scan_only(catalogue, lines)
    loop_s, loop_hits = plain_loop(catalogue, lines[:LOOP_LINES])
    whole, loop = count / seconds, LOOP_LINES / loop_s
    print(
        f"{codes:5} codes: whole path {whole:9,.0f} lines/s, scan alone {count / scan_s:9,.0f},"
        f" plain loop of re {loop:7,.0f} ({whole / loop:,.0f} times slower); {events / count:.1%} hits"
    )
    assert events == count // HIT_EVERY
    assert loop_hits == LOOP_LINES // HIT_EVERY


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=100_000)
    arguments = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} CPUs, {platform.system()} {platform.release()}")
    print(f"{platform.python_implementation()} {platform.python_version()}; processor time of one core")
    with tempfile.TemporaryDirectory() as name:
        for codes in (100, 1_000):
            measure(codes, arguments.lines, Path(name))
        times = write_to_deposit(Path(name))
    print(f"write to deposit: median {median(times):.1f} ms, p99 {quantiles(times, n=100)[-1]:.1f} ms")
    print(f"largest RSS {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()

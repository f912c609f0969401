"""Redaction: lines per second of processor time, beside the floor that a loop over the lines costs.

`python benchmarks/redaction.py [LOG ...]` measures on logs of your own; without, on lines that are made here.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from agent.redaction.intake import redact_event
from agent.redaction.prefilter import NUMBERS, PREFILTER, has_word
from agent.redaction.redactor import Redactor
from agent.settings.redaction import CustomerPattern, RedactionSettings
from tests.builders import an_event
from tests.fakes.personal_lines import planted

MRN = CustomerPattern(name="MRN", regex="[0-9]{8}", keys=["환자번호", "mrn", "chart_no", "病历号"])
REDACTOR = Redactor(RedactionSettings(), b"k" * 32)
WITH_PATTERN = Redactor(RedactionSettings(patterns=[MRN]), b"k" * 32)
CONTEXT = 26  # lines of one event: 20 before, itself, 5 after
MAX_LINES = 60_000
ROUNDS = 3


def made() -> Iterator[str]:
    """Ordinary lines as servers write them."""
    for at in range(20_000):
        clock = f"2026-11-24 01:{at // 60 % 60:02}:{at % 60:02},{at % 1000:03}"
        yield f"{clock} [{at % 90}] INFO o.a.zookeeper.ClientCnxn - opened socket to /10.10.34.{at % 250}:{at % 60_000}"
        yield f"Nov 24 01:{at % 60:02}:11 host sshd[{at}]: Failed password for user u{at} from 10.1.1.{at % 250}"
        yield f"{clock} ERROR 접수 처리 실패 주문 {at} 단계 3 java.lang.IllegalStateException: queue {at % 7} is closed"


def read(paths: list[str]) -> Iterator[str]:
    for path in paths:
        yield from Path(path).read_text(encoding="utf-8", errors="backslashreplace").splitlines()


def measure(name: str, lines: list[str], work: Callable[[], object]) -> None:
    """The best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    print(f"{name:58} {len(lines) / best:>12,.0f} lines/s {best / len(lines) * 1e6:>8.2f} us/line")


def main() -> None:
    lines = list(read(sys.argv[1:]) if sys.argv[1:] else made())[:MAX_LINES]
    characters = sum(map(len, lines)) / len(lines)
    changed = sum(REDACTOR.redact(line) != line for line in lines)
    passed = sum(PREFILTER.search(line) is not None for line in lines)
    print(f"{len(lines)} lines of {characters:.0f} characters; {passed} pass the prefilter, {changed} are changed")
    groups = [lines[at : at + CONTEXT] for at in range(0, len(lines), CONTEXT)]
    events = [
        an_event(before=group[:20], text=group[20], after=group[21:]) for group in groups if len(group) == CONTEXT
    ]
    measure("floor: a loop that looks at the length", lines, lambda: [len(line) for line in lines])
    measure("NUMBERS and WORDS alone", lines, lambda: [NUMBERS.search(line) or has_word(line) for line in lines])
    measure("redact, line by line", lines, lambda: [REDACTOR.redact(line) for line in lines])
    measure("redact_lines, 26 at once", lines, lambda: [REDACTOR.redact_lines(group) for group in groups])
    measure("the same with a customer's pattern", lines, lambda: [WITH_PATTERN.redact_lines(group) for group in groups])
    measure("whole events of 26 lines", lines, lambda: [redact_event(REDACTOR, event) for event in events])
    personal = [line.line for line in planted(1, 6_000)]
    measure("redact, a value in every line", personal, lambda: [REDACTOR.redact(line) for line in personal])


if __name__ == "__main__":
    main()

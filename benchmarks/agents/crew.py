"""The worker processes of one run: started with their shares, told what to do, asked for their figures."""

from __future__ import annotations

import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.agents.plan import Counts, Plan
from benchmarks.agents.used import cpu_s

ANSWER_S = 900.0  # for the longest that a worker is ever asked: a fleet's backlog


@dataclass
class Crew:
    """All workers; a command goes to every one of them, and the answers come back together."""

    workers: list[subprocess.Popen[bytes]]
    answer_s: float = ANSWER_S

    def tell(self, *words: object) -> None:
        """Send a command; `answers` waits for what it brings."""
        line = " ".join(map(str, words)).encode() + b"\n"
        for worker in self.workers:
            assert worker.stdin is not None
            worker.stdin.write(line)
            worker.stdin.flush()

    def answers(self) -> list[bytes]:
        """One line of each worker."""
        lines = []
        for worker in self.workers:
            assert worker.stdout is not None
            if not select.select([worker.stdout], [], [], self.answer_s)[0]:
                raise TimeoutError(f"a worker said nothing for {self.answer_s:.0f} s")
            line = worker.stdout.readline()
            if not line:
                raise RuntimeError(f"a worker ended with {worker.wait()}")
            lines.append(line)
        return lines

    def ask(self, *words: object) -> list[dict[str, Any]]:
        """A command and its answers."""
        self.tell(*words)
        return [msgspec.json.decode(line) for line in self.answers()]

    def counts(self) -> Counts:
        """The figures of all since the last time."""
        self.tell("counts")
        total = Counts()
        for line in self.answers():
            total.add(msgspec.json.decode(line, type=Counts))
        return total

    def cpu_s(self) -> float:
        """Processor time of all."""
        return sum(cpu_s(worker.pid) for worker in self.workers)


@contextmanager
def crew(folder: Path, plan: Plan, workers: int) -> Iterator[Crew]:
    """Workers that share the agents of `plan`, and have ended afterwards."""
    share = -(-plan.count // workers)
    started: list[subprocess.Popen[bytes]] = []
    try:
        for at in range(workers):
            first = plan.first + at * share
            count = min(share, plan.first + plan.count - first)
            own = msgspec.structs.replace(plan, worker=plan.worker + at, first=first, count=count)
            path = folder / f"plan-{own.worker}.json"
            path.write_bytes(msgspec.json.encode(own))
            words = [sys.executable, "-m", "benchmarks.agents.worker", str(path)]
            started.append(subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        yield Crew(started)
    finally:
        for worker in started:
            _end(worker)


def _end(worker: subprocess.Popen[bytes]) -> None:
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.close()
    try:
        worker.wait(10)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait(10)
    worker.stdout.close()

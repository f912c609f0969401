"""Does the steps of a page in a throwaway directory, with the environment's programs on PATH."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from deploy.tutorial.page import Step, first_missing

STEP_S = 120.0
STOP_S = 20.0


class StepFailed(Exception):
    """A step did not do what the page says; the message quotes the page's line and the output."""


@dataclass
class _Background:
    """A process that goes on, and what it has printed so far."""

    child: subprocess.Popen[str]
    words: str
    printed: list[str] = field(default_factory=list)
    seen: threading.Event = field(default_factory=threading.Event)
    reader: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        for line in self.child.stdout or ():
            self.printed.append(line)
            if self.words in line:
                self.seen.set()
        self.seen.set()  # it ended: whoever waits looks at once

    def end(self) -> None:
        """End it, and let go of its output."""
        _end(self.child)
        self.reader.join(STOP_S)
        if self.child.stdout and not self.reader.is_alive():
            self.child.stdout.close()

    def is_ready(self) -> bool:
        return any(self.words in line for line in self.printed)


class Runner:
    """Runs steps in `folder`. Use as a context manager: what was started is ended, by its process group."""

    def __init__(self, folder: Path, say: Callable[[str], object], step_s: float = STEP_S) -> None:
        self._folder = folder
        self._say = say
        self._step_s = step_s
        self._running: list[_Background] = []
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        self._environment = {**os.environ, "PATH": path, "HOME": str(folder), "LC_ALL": "C.UTF-8", "LANGUAGE": ""}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for background in reversed(self._running):
            background.end()

    def do(self, step: Step) -> None:
        """One step; `StepFailed` when it does not hold."""
        if step.file:
            path = self._folder / step.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text)
        elif step.background:
            self._begin(step)
        elif step.command:
            self._run(step)

    def _start(self, step: Step) -> subprocess.Popen[str]:
        self._say("".join(f"$ {line}\n" for line in step.command.splitlines()))
        return subprocess.Popen(  # noqa: S603  # the page's own commands are what we are asked to run
            ["/bin/bash", "-euo", "pipefail", "-c", step.command],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def _run(self, step: Step) -> None:
        child = self._start(step)
        try:
            output, _ = child.communicate(timeout=self._step_s)
        except subprocess.TimeoutExpired:
            _end(child)
            output, _ = child.communicate()
            said = f"line {step.line}: not done after {self._step_s:g} s: {step.command}{output}"
            raise StepFailed(said) from None
        self._say(output)
        if child.returncode:
            raise StepFailed(f"line {step.line}: exit code {child.returncode}: {step.command}{output}")
        missing = first_missing(step.expected, output)
        if missing is not None:
            raise StepFailed(f"line {step.line}: the output lacks `{missing}`: {step.command}{output}")

    def _begin(self, step: Step) -> None:
        background = _Background(self._start(step), step.ready)
        self._running.append(background)
        background.seen.wait(self._step_s)
        if not background.is_ready():
            printed = "".join(background.printed)
            raise StepFailed(f"line {step.line}: {step.background} has not said `{step.ready}`: {printed}")


def _end(child: subprocess.Popen[str]) -> None:
    """Ask the process group to end, and make it after a while."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
            child.wait(STOP_S)
        except ProcessLookupError:
            child.wait()
        except subprocess.TimeoutExpired:
            continue
        return


def run_page(steps: list[Step], say: Callable[[str], object], step_s: float = STEP_S) -> None:
    """Every step, in a directory that is gone afterwards; `StepFailed` at the first that does not hold."""
    with tempfile.TemporaryDirectory(prefix="tutorial-") as folder, Runner(Path(folder), say, step_s) as runner:
        for step in steps:
            runner.do(step)

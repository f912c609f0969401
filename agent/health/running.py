"""One reading of one probe in a thread of its own, so that a probe that hangs holds up nothing.

Python cannot end a thread, so cutting off means: nobody waits for it any more, its result is dropped
if it ever comes, and the probe is not started again before its thread has ended. `rounds.py` counts.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.health.probe import Listing, Probe, ProbeFailed, Reading, Remember

READINGS: Final = 500  # of one probe at a time; a probe that yields for ever is stopped here
PROBLEM_CHARS: Final = 500

_log = logging.getLogger("sitewarden")


@dataclass(frozen=True)
class Outcome:
    """What one reading gave: findings and memory, or why there is nothing."""

    readings: tuple[Reading, ...] = ()
    memory: str | None = None
    problem: str = ""
    listings: tuple[Listing, ...] = ()


class Attempt:
    """A reading under way. `outcome` is None until the thread is done."""

    def __init__(self, probe: Probe, now: datetime, *, started_s: float, on_end: Callable[[], None]) -> None:
        self.started_s = started_s
        self.outcome: Outcome | None = None
        self.is_told = False  # that it hangs
        self._probe = probe
        self._now = now
        self._on_end = on_end
        self._thread = threading.Thread(target=self._run, name=f"probe {probe.name}"[:60], daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wait(self, seconds: float) -> Outcome | None:
        """The outcome, if it comes within so many seconds."""
        self._thread.join(seconds)
        return self.outcome

    def _run(self) -> None:
        self.outcome = read_once(self._probe, self._now)
        self._on_end()


def read_once(probe: Probe, now: datetime) -> Outcome:
    """Read the probe here and now; whatever it raises is an outcome, because it may be anybody's code."""
    readings: list[Reading] = []
    listings: list[Listing] = []
    memory: str | None = None
    try:
        for found in probe.read(now):
            if isinstance(found, Remember):
                memory = found.text
            elif isinstance(found, Listing):
                listings.append(found)
            elif len(readings) < READINGS:
                readings.append(found)
            else:
                return Outcome(problem=f"more than {READINGS} readings")
    except ProbeFailed as failure:
        return Outcome(problem=str(failure)[:PROBLEM_CHARS])
    except OSError as error:
        return Outcome(problem=f"{error.filename or probe.name}: {error.strerror or error}"[:PROBLEM_CHARS])
    except Exception as error:  # noqa: BLE001  # the one broad handler of the probes' threads
        _log.exception("the probe %s failed", probe.name)
        return Outcome(problem=f"{type(error).__name__}: {error}"[:PROBLEM_CHARS])
    return Outcome(tuple(readings), memory, listings=tuple(listings))

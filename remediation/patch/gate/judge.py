"""The gate: what has to hold after the start before a patch counts.

Probes first, each until enough of its answers are good or cannot be any more; then the soak; then every probe once
more in full, because a service that starts and dies is well for a moment; then known errors against the hour
before. The running of services is asked before and after the soak, so that a start that lied is found without a
probe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from remediation.patch.errors import PatchRefused
from remediation.patch.gate.asking import Asking
from remediation.patch.gate.port import ErrorCounts
from remediation.patch.gate.verdict import HOUR_S, faults_of, http_place, is_decided, tcp_place, too_many_errors
from remediation.patch.manifest import Gate, Probe
from wire.sentence import sentence

ERRORS: Final = "errors_in_the_hour_before"
STOOD: Final = "stood_still:"  # with the name of a service that did not run before either


class GateJudge:
    """`Judge` of one patch. `stopped` names its services that do not run now."""

    def __init__(
        self,
        asking: Asking,
        stopped: Callable[[], Iterable[str]],
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        errors: ErrorCounts | None = None,
    ) -> None:
        self._asking = asking
        self._stopped = stopped
        self._monotonic = monotonic
        self._sleep = sleep
        self._errors = errors

    def before(self, gate: Gate) -> dict[str, float]:
        """What it is like before: `PatchRefused` for a gate that cannot be judged on this host."""
        for fault in faults_of(gate):
            raise PatchRefused(sentence("the gate of the patch cannot be judged: {problem}", problem=fault))
        for probe in gate.probes:
            if probe.kind == "http":
                http_place(probe.target)
            elif probe.kind == "tcp":
                tcp_place(probe.target)
        stood = {f"{STOOD}{name}": 1.0 for name in self._stopped()}
        if gate.error_factor is None:
            return stood
        counted = self._errors.during(HOUR_S) if self._errors is not None else None
        if counted is None:
            raise PatchRefused(
                sentence("the patch wants known errors compared with the hour before, and nobody has counted"
                         " them here for an hour: the agent has to run")
            )  # fmt: skip
        return {**stood, ERRORS: float(counted)}

    def judge(self, gate: Gate, before: dict[str, float]) -> Sequence[str]:
        """What is wrong; empty: nothing."""
        started_at = self._monotonic()
        if wrong := list(self._now(gate, before)):
            return wrong
        if gate.soak_s:
            self._sleep(gate.soak_s)
            if wrong := list(self._now(gate, before)):
                return wrong
        return self._compared(gate, before, self._monotonic() - started_at)

    def _now(self, gate: Gate, before: dict[str, float]) -> Iterator[str]:
        yield from (f"{name} does not run" for name in self._stopped() if STOOD + name not in before)
        for probe in gate.probes:
            yield from self._probed(probe)
        yield from (f"{name} does not run any more" for name in self._stopped() if STOOD + name not in before)

    def _probed(self, probe: Probe) -> Iterator[str]:
        good, last = 0, ""
        for tried in range(1, probe.tries + 1):
            problem = self._asking.ask(probe)
            good += not problem
            last = problem or last
            if is_decided(probe, good, tried):
                break
            self._sleep(probe.every_s)
        if good < probe.good:
            yield f"{probe.name}: {good} good answers, {probe.good} are needed; the last problem: {last}"

    def _compared(self, gate: Gate, before: dict[str, float], seconds: float) -> list[str]:
        if gate.error_factor is None:
            return []
        found = self._errors.during(seconds) if self._errors is not None else None
        if found is None:
            return ["known errors are not counted any more"]
        if too_many_errors(before[ERRORS], found, seconds, gate.error_factor):
            return [f"{found} known errors in {seconds:.0f} s after the start; {before[ERRORS]:.0f} in the hour before"]
        return []

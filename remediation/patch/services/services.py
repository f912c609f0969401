"""Services of the host: units of systemd, or argument lists that the patch names.

Nothing that a service manager says is believed alone. Stopped means: no process is left in the unit's group, the
status program says no, and nobody listens on the ports. Started means that it runs; whether it is well is for the
gate, which asks after the soak.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from remediation.backup.programs import Program, Programs, Ran
from remediation.patch.errors import StepFailed
from remediation.patch.manifest import Service
from remediation.patch.services.holding import DROP_INS, Holding
from remediation.patch.services.listening import listening_ports
from wire.sentence import sentence

ASK_S: Final = 20.0  # for a question to the service manager
LOOK_S: Final = 0.05
CONTROL_GROUPS: Final = Path("/sys/fs/cgroup")
_FAILED: Final = "failed"


@dataclass(frozen=True)
class Means:
    """Clock, waiting, and where this host keeps things."""

    programs: Programs
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    ports: Callable[[], frozenset[int]] = listening_ports
    control_groups: Path = CONTROL_GROUPS
    drop_ins: Path = DROP_INS


class HostServices:
    """`Services` of this host. `folder`: where the hold is noted."""

    def __init__(self, folder: Path, means: Means) -> None:
        self._means = means
        self._holding = Holding(folder, self._reload, means.drop_ins)

    def is_running(self, service: Service) -> bool:
        """Whether anything of it runs now."""
        return bool(self._left(service, with_ports=False))

    def stop(self, service: Service) -> None:
        """Stop it and look until nothing is left."""
        end = self._means.monotonic() + service.stop_s
        argv = ("systemctl", "stop", service.unit) if service.unit is not None else tuple(service.stop or ())
        ran = self._run(argv, service.stop_s)
        while left := self._left(service, with_ports=True):
            if self._means.monotonic() >= end:
                raise StepFailed(
                    sentence("{name} does not stop: {left} ({said})", name=service.name, left="; ".join(left), said=ran)
                )
            self._means.sleep(LOOK_S)

    def start(self, service: Service) -> None:
        """Start it, and see that something runs."""
        if self._holding.is_held:
            raise StepFailed(sentence("{name} is held: a patch is not at its end", name=service.name))
        if service.unit is not None:
            self._run(("systemctl", "reset-failed", service.unit), ASK_S)  # a start limit of before is not of now
            ran = self._run(("systemctl", "start", service.unit), service.start_s)
        else:
            ran = self._run(tuple(service.start or ()), service.start_s)
        if not ran.is_success:
            raise StepFailed(sentence("{name} does not start: {said}", name=service.name, said=ran))
        end = self._means.monotonic() + service.start_s
        while not self.is_running(service):
            if self._means.monotonic() >= end:
                raise StepFailed(sentence("{name} says that it started, and nothing of it runs", name=service.name))
            self._means.sleep(LOOK_S)

    def hold(self, services: Sequence[Service]) -> None:
        """Nobody starts them, a boot neither."""
        self._holding.hold(services)

    def let_go(self, services: Sequence[Service]) -> None:
        """They may start."""
        self._holding.let_go(services)

    # ------------------------------------------------------------ looking

    def _left(self, service: Service, *, with_ports: bool) -> list[str]:
        """What of it is still there, in words."""
        found = self._left_of_unit(service.unit) if service.unit is not None else self._left_of_program(service)
        if with_ports:
            taken = sorted(self._means.ports() & set(service.ports))
            found += [f"port {port} is open" for port in taken]
        return found

    def _left_of_unit(self, unit: str) -> list[str]:
        ran = self._run(("systemctl", "show", "--property=ActiveState,ControlGroup", unit), ASK_S)
        if not ran.is_success:
            raise StepFailed(sentence("the service manager does not answer: {said}", said=ran))
        told = dict(line.partition("=")[::2] for line in ran.output.decode(errors="replace").splitlines())
        state = told.get("ActiveState", "")
        pids = self._processes(told.get("ControlGroup", ""))
        states = [f"the unit is {state}"] if state not in {"inactive", _FAILED} else []
        return states + ([f"{len(pids)} processes are left"] if pids else [])

    def _processes(self, group: str) -> list[str]:
        if not group.strip("/"):
            return []
        files = (self._means.control_groups / group.lstrip("/")).rglob("cgroup.procs")
        found: list[str] = []
        for file in files:
            try:
                found += file.read_text().split()
            except OSError:  # it went away meanwhile
                continue
        return found

    def _left_of_program(self, service: Service) -> list[str]:
        if not service.status:
            return []
        ran = self._run(tuple(service.status), ASK_S)
        if ran.exit_code is None:
            raise StepFailed(sentence("the status of {name} cannot be asked: {said}", name=service.name, said=ran))
        return ["its status program says that it runs"] if ran.is_success else []

    def _run(self, argv: tuple[str, ...], timeout_s: float) -> Ran:
        if not argv:
            return Ran(exit_code=0)
        return self._means.programs.run(Program(argv, timeout_s))

    def _reload(self) -> None:
        ran = self._run(("systemctl", "daemon-reload"), ASK_S)
        if not ran.is_success:
            raise StepFailed(sentence("the service manager does not read its files again: {said}", said=ran))

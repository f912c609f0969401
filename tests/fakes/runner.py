"""A runner that runs nothing: programs are table entries that take virtual time."""

from __future__ import annotations

from dataclasses import dataclass, field

from remediation.executor.port import Ran
from remediation.repair.actions import Program


@dataclass(frozen=True)
class Scripted:
    """What a program of that name does."""

    exit_code: int = 0
    output: bytes = b""
    takes_s: float = 0.01


@dataclass
class ScriptedRunner:
    """Follows its table; `ran` holds every argv that was started."""

    programs: dict[str, Scripted] = field(default_factory=dict)
    ran: list[tuple[str, ...]] = field(default_factory=list)

    def run(self, program: Program) -> Ran:
        found = self.programs.get(program.argv[0])
        if found is None:
            return Ran(problem=f"there is no program {program.argv[0]}")
        self.ran.append(program.argv)
        is_late = found.takes_s > program.timeout_s
        return Ran(
            exit_code=None if is_late else found.exit_code,
            signal=9 if is_late else None,
            is_timeout=is_late,
            duration_s=min(found.takes_s, program.timeout_s),
            output=found.output[: program.output_bytes],
            output_bytes=len(found.output),
        )

"""A permit -> the programs to start, pure.

An item `{service}` of an argv stands for the whole value of that parameter; a placeholder inside a
longer item stays text, so no value can become an option, a path or a second argument. Values are
checked here once more, right before they become arguments, although the decision checked them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from remediation.trust.collection import Collection, JournalSource
from remediation.trust.decision import Permit
from remediation.trust.parameters import parameters_problem
from remediation.trust.targets import Step

JOURNAL_S: Final = 60.0


@dataclass(frozen=True)
class Program:
    """One program with its whole argument list."""

    argv: tuple[str, ...]
    timeout_s: float
    output_bytes: int


@dataclass(frozen=True)
class Gathering:
    """What is gathered for a support bundle: files by pattern, and outputs of programs under their names."""

    files: tuple[str, ...]
    outputs: tuple[tuple[str, Program], ...]
    file_bytes: int
    total_bytes: int
    timeout_s: float


@dataclass(frozen=True)
class Plan:
    """What an action comes to: `precheck` must succeed before `run` or `collect`; `undo` follows a failed `run`."""

    precheck: Program | None
    run: Program | None
    undo: Program | None
    collect: Gathering | None = None


class ParametersRefused(Exception):
    """The values do not fit the action; the text says which."""


def plan(permit: Permit) -> Plan:
    """The programs of a permit; `ParametersRefused` when its values do not fit."""
    action, values = permit.action, permit.request.parameters
    problem = parameters_problem(action, values)
    if problem:
        raise ParametersRefused(problem)

    def program(step: Step | None) -> Program | None:
        if step is None:
            return None
        argv = tuple(_substituted(item, values) for item in step.argv)
        return Program(argv, step.timeout_s, step.output_bytes)

    return Plan(
        precheck=program(action.precheck),
        run=program(action.run),
        undo=program(action.undo),
        collect=_gathering(action.collect, values) if action.collect else None,
    )


def _gathering(collection: Collection, values: Mapping[str, str]) -> Gathering:
    outputs = [
        (each.name, Program(tuple(_substituted(item, values) for item in each.argv), each.timeout_s, each.output_bytes))
        for each in collection.outputs
    ]
    outputs += [_journal(source, values, collection.file_bytes) for source in collection.journal]
    return Gathering(
        files=tuple(collection.files),
        outputs=tuple(outputs),
        file_bytes=collection.file_bytes,
        total_bytes=collection.total_bytes,
        timeout_s=collection.timeout_s,
    )


def _journal(source: JournalSource, values: Mapping[str, str], most_bytes: int) -> tuple[str, Program]:
    unit = _substituted(source.unit, values)
    argv = ("journalctl", "--no-pager", "--output=short-iso", f"--unit={unit}", f"--since=-{source.since_s}s")
    return f"journal-{unit}", Program((*argv, f"--lines={source.lines}"), JOURNAL_S, most_bytes)


def _substituted(item: str, values: Mapping[str, str]) -> str:
    if item.startswith("{") and item.endswith("}"):
        return values[item[1:-1]]
    return item

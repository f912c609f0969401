"""A permit -> the programs to start, pure.

An item `{service}` of an argv stands for the whole value of that parameter; a placeholder inside a
longer item stays text, so no value can become an option, a path or a second argument. Values are
checked here once more, right before they become arguments, although the decision checked them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from remediation.trust.decision import Permit
from remediation.trust.parameters import parameters_problem
from remediation.trust.targets import Step


@dataclass(frozen=True)
class Program:
    """One program with its whole argument list."""

    argv: tuple[str, ...]
    timeout_s: float
    output_bytes: int


@dataclass(frozen=True)
class Plan:
    """What an action comes to: `precheck` must succeed before `run`; `undo` follows a `run` that failed."""

    precheck: Program | None
    run: Program
    undo: Program | None


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

    run = program(action.run)
    assert run is not None  # noqa: S101  # an action without `run` cannot be read
    return Plan(precheck=program(action.precheck), run=run, undo=program(action.undo))


def _substituted(item: str, values: Mapping[str, str]) -> str:
    if item.startswith("{") and item.endswith("}"):
        return values[item[1:-1]]
    return item

"""A permit -> the programs to start, pure.

An item `{service}` of an argv stands for the whole value of that parameter; a placeholder inside a
longer item stays text, so no value can become an option, a path or a second argument. Values are
checked here once more, right before they become arguments, although the decision checked them: a
value with a NUL, a space or a leading dash must not depend on one check.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from remediation.trust.decision import Permit
from remediation.trust.targets import Action, ParameterRule, Step

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]{0,127}")
_NUMBER: Final = re.compile(r"0|-?[1-9][0-9]{0,15}")  # one spelling for each value


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
    problem = parameter_problem(action, values)
    if problem is not None:
        raise ParametersRefused(problem)

    def program(step: Step | None) -> Program | None:
        if step is None:
            return None
        argv = tuple(_substituted(item, values) for item in step.argv)
        return Program(argv, step.timeout_s, step.output_bytes)

    run = program(action.run)
    assert run is not None  # noqa: S101  # an action without `run` cannot be read
    return Plan(precheck=program(action.precheck), run=run, undo=program(action.undo))


def parameter_problem(action: Action, values: Mapping[str, str]) -> str | None:
    """Why these values do not fit the action; None when they do."""
    if set(values) != set(action.parameters):
        return f"the parameters are {sorted(values)}, expected {sorted(action.parameters)}"
    for name, rule in action.parameters.items():
        if not _fits(rule, values[name]):
            return f"the value of {name} does not fit"
    return None


def _fits(rule: ParameterRule, value: str) -> bool:
    if "\x00" in value:
        return False
    if rule.kind == "choice":
        return value in rule.choices
    if rule.kind == "number":
        return _NUMBER.fullmatch(value) is not None and rule.minimum <= int(value) <= rule.maximum
    return NAME.fullmatch(value) is not None


def _substituted(item: str, values: Mapping[str, str]) -> str:
    if item.startswith("{") and item.endswith("}"):
        return values[item[1:-1]]
    return item

"""Whether the values of a request fit the parameters of a signed action, pure.

Every parameter has a value and every value a parameter. A value becomes one whole item of an
argument list, so what must not happen is that it is taken for something else there: control
characters are refused in every kind, and a name cannot begin with a dash or a dot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from remediation.trust.policy_file import has_hidden_characters
from remediation.trust.targets import Action, ParameterRule

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]{0,127}")
_NUMBER: Final = re.compile(r"0|-?[1-9][0-9]{0,15}")  # one spelling for each number


def parameters_problem(action: Action, values: Mapping[str, str]) -> str:
    """What is wrong with these values, in English; empty when they fit."""
    if set(values) != set(action.parameters):
        return f"the action takes the parameters {sorted(action.parameters)}"
    for name, rule in action.parameters.items():
        if has_hidden_characters(values[name]) or not _FITS[rule.kind](rule, values[name]):
            return f"the value of {name} does not fit"
    return ""


def _fits_choice(rule: ParameterRule, value: str) -> bool:
    return value in rule.choices


def _fits_number(rule: ParameterRule, value: str) -> bool:
    return _NUMBER.fullmatch(value) is not None and rule.minimum <= int(value) <= rule.maximum


def _fits_name(rule: ParameterRule, value: str) -> bool:  # noqa: ARG001  # every kind is asked in the same way
    return _NAME.fullmatch(value) is not None


_FITS: Final[Mapping[str, Callable[[ParameterRule, str], bool]]] = {
    "choice": _fits_choice,
    "number": _fits_number,
    "name": _fits_name,
}

"""Values that fit a signed action, and every way of not fitting."""

from __future__ import annotations

import pytest

from remediation.trust.parameters import parameters_problem
from remediation.trust.targets import Action, ParameterRule, Step
from wire.catalogue.model import Texts


def _action(**rules: ParameterRule) -> Action:
    return Action(name="a", title=Texts(en="A"), risk="low", parameters=rules, run=Step(argv=["/bin/true"]))


CHOICE = _action(it=ParameterRule(kind="choice", choices=["web", "--all", "two words", "a\nb", "서버"]))
NUMBER = _action(it=ParameterRule(kind="number", minimum=-5, maximum=90))
NAME = _action(it=ParameterRule(kind="name"))


@pytest.mark.parametrize(
    ("action", "values"),
    [
        (CHOICE, ["web", "--all", "two words", "서버"]),
        (NUMBER, ["-5", "0", "7", "90"]),
        (NAME, ["web", "postgresql@15-main.service", "a", "A_b-c.d", "0" * 128]),
    ],
)
def test_what_fits(action: Action, values: list[str]) -> None:
    assert [parameters_problem(action, {"it": value}) for value in values] == [""] * len(values)


@pytest.mark.parametrize(
    ("action", "values"),
    [
        (CHOICE, ["", "Web", "web ", "web\n", "web\0", "a\nb", "other"]),
        (
            NUMBER,
            ["", "-6", "91", "+7", "07", "-0", "7.0", "1e1", " 7", "7\n", "\u0667", "\uff17", "0x7", "1_0", "9" * 400],
        ),
        (NAME, ["", "-rf", "--", ".hidden", "..", "a b", "a\n", "a\0b", "a/b", "a;b", "$(a)", "`a`", "a|b", "a\tb"]),
        (
            NAME,
            ["a" * 129, "서버", "a\u202eb", "a\u200b", "*", "a?", "~", "{service}", "@a", "a'b", 'a"b', "a\\b", "a\r"],
        ),
    ],
)
def test_what_does_not_fit(action: Action, values: list[str]) -> None:
    assert [value for value in values if not parameters_problem(action, {"it": value})] == []


def test_every_parameter_and_no_other() -> None:
    assert parameters_problem(_action(), {}) == ""
    assert parameters_problem(NAME, {}) != ""
    assert parameters_problem(NAME, {"it": "a", "more": "b"}) != ""
    assert parameters_problem(_action(), {"it": "a"}) != ""


def test_bounds_that_hold_nothing() -> None:
    nothing = _action(it=ParameterRule(kind="number", minimum=5, maximum=1))
    assert all(parameters_problem(nothing, {"it": str(value)}) for value in range(7))

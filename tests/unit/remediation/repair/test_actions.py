from __future__ import annotations

from datetime import timedelta

import pytest

from remediation.repair.actions import ParametersRefused, Plan, plan
from remediation.trust.decision import Permit
from remediation.trust.targets import Action, ParameterRule, Step
from wire.catalogue.model import Texts
from wire.documents.model import ActionRequest
from wire.messages import EXAMPLE_TIME

ACTION = Action(
    name="restart-service",
    title=Texts(en="Restart a service", ko="서비스 다시 시작", zh="重启服务"),
    risk="medium",
    parameters={
        "service": ParameterRule(kind="name"),
        "mode": ParameterRule(kind="choice", choices=["fast", "slow start"]),
        "wait": ParameterRule(kind="number", minimum=-1, maximum=60),
    },
    precheck=Step(argv=["systemctl", "cat", "{service}"], timeout_s=5),
    run=Step(argv=["systemctl", "restart", "{service}", "{mode}", "x{wait}", "{wait}"], output_bytes=7),
)
VALUES = {"service": "nginx@a.service", "mode": "slow start", "wait": "10"}


def argv_of(values: dict[str, str]) -> tuple[str, ...]:
    found = planned(values).run
    assert found is not None
    return found.argv


def planned(values: dict[str, str]) -> Plan:
    request = ActionRequest(
        id="0" * 32,
        site="s",
        hosts=["a1"],
        made_at=EXAMPLE_TIME,
        not_before=EXAMPLE_TIME,
        not_after=EXAMPLE_TIME + timedelta(hours=1),
        product="clinic",
        action=ACTION.name,
        actions_digest="0" * 64,
        parameters=values,
        reason="it hangs",
    )
    return plan(Permit(request=request, digest="d", action=ACTION, engineer="e", approvers=(), used=()))


def test_values_stand_whole() -> None:
    found = planned(VALUES)
    assert found.precheck is not None
    assert found.precheck.argv == ("systemctl", "cat", "nginx@a.service")
    assert found.precheck.timeout_s == 5
    assert found.run is not None
    assert found.run.argv == ("systemctl", "restart", "nginx@a.service", "slow start", "x{wait}", "10")
    assert found.run.output_bytes == 7
    assert found.undo is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("service", value) for value in ["", "-f", "--now", ".hidden", "a b", "a\n", "a\x00", "a/b", "é", "a" * 129]],
        *[("service", value) for value in ["$(id)", "a;b", "{mode}", "a\r", "_a", "@a", "a*", "a'", "\uff41"]],
        *[("mode", value) for value in ["", "Fast", "fast ", "slow", "slow start\n"]],
        *[("wait", value) for value in ["", "61", "-2", "1.0", "1e1", "01", "+1", "-0", " 1", "1\n", "٣", "0x1"]],
    ],
)
def test_values_that_do_not_fit_are_refused(name: str, value: str) -> None:
    with pytest.raises(ParametersRefused):
        planned({**VALUES, name: value})


@pytest.mark.parametrize("value", ["a", "0", "A" * 128, "a-b_c.d@e"])
def test_names_that_fit(value: str) -> None:
    assert argv_of({**VALUES, "service": value})[2] == value


@pytest.mark.parametrize("value", ["-1", "0", "60"])
def test_numbers_that_fit(value: str) -> None:
    assert argv_of({**VALUES, "wait": value})[-1] == value


def test_missing_and_further_values_are_refused() -> None:
    with pytest.raises(ParametersRefused):
        planned({"service": "a", "mode": "fast"})
    with pytest.raises(ParametersRefused):
        planned({**VALUES, "more": "x"})

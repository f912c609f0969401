"""The ready actions can be read, and a value never becomes anything but one whole argument."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediation.trust.collection import placeholders_of
from remediation.trust.parameters import parameters_problem
from remediation.trust.targets import Actions, read_actions

NAMES = ("check", "clinic", "systemd")


def actions(repository: Path, name: str) -> Actions:
    return read_actions((repository / f"deploy/actions/{name}.yaml").read_bytes())


@pytest.mark.parametrize("name", NAMES)
def test_they_can_be_read_and_use_each_parameter(repository: Path, name: str) -> None:
    found = actions(repository, name)
    assert found.product == name
    for action in found.actions:
        argv = [item for step in (action.precheck, action.run, action.undo) if step for item in step.argv]
        found_in = {item[1:-1] for item in argv if item.startswith("{")}
        assert found_in | (placeholders_of(action.collect) if action.collect else set()) == set(action.parameters)
        assert action.title.ko
        assert action.title.zh


def test_a_service_is_a_name_or_a_choice(repository: Path) -> None:
    any_service = actions(repository, "systemd").find("restart-service")
    clinic = actions(repository, "clinic").find("restart-service")
    assert any_service is not None
    assert clinic is not None
    assert parameters_problem(any_service, {"service": "nginx@a.service"}) == ""
    assert parameters_problem(any_service, {"service": "--now"})
    assert parameters_problem(clinic, {"service": "clinic-orders.service"}) == ""
    assert parameters_problem(clinic, {"service": "sshd.service"})

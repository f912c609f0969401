"""Rosters and actions: the shapes that a signed file has to have all the same."""

from __future__ import annotations

import pytest

from remediation.trust.targets import actions_path, catalogue_path, read_actions, read_roster
from tests.fakes.vendor import ACTIONS, ENGINEER, ROSTER
from wire.errors import TextRefused
from wire.keys import public_text

GOOD_ROSTER = ROSTER % public_text(ENGINEER)
GOOD_ACTIONS = ACTIONS % ("his", "1.0")


def test_a_roster() -> None:
    (engineer,) = read_roster(GOOD_ROSTER.encode()).engineers
    assert (engineer.name, engineer.key, engineer.classes) == ("Lee", public_text(ENGINEER), ["action"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 1", "version: 2"),
        ("[action]", "[]"),
        ("[action]", "[everything]"),
        ("2027-06-30T00:00:00Z", "2027-06-30"),
        ("2027-06-30T00:00:00Z", "2027-06-30T00:00:00"),
        ("name: Lee,", "name: Lee, also: x,"),
        ("name: Lee,", ""),
        (public_text(ENGINEER), "short"),
    ],
)
def test_another_roster_is_refused(old: str, new: str) -> None:
    assert old in GOOD_ROSTER
    with pytest.raises(TextRefused):
        read_roster(GOOD_ROSTER.replace(old, new).encode())


def test_actions_and_their_paths() -> None:
    actions = read_actions(GOOD_ACTIONS.encode())
    found = actions.find("restart-service")
    assert found is not None
    assert found.run is not None
    assert found.run.argv == ["/bin/true"]
    assert actions.find("other") is None
    assert (actions_path("his"), catalogue_path("his")) == ("his/actions.yaml", "his/catalogue.yaml")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[/bin/true]", "[]"),
        ("[/bin/true]", "/bin/true"),
        ("[/bin/true]", "[/bin/true, '{service}']"),
        ("risk: low", "risk: none"),
        ("restart-service", "../restart"),
        ("risk: low", "risk: low\n    shell: true"),
    ],
)
def test_other_actions_are_refused(old: str, new: str) -> None:
    assert old in GOOD_ACTIONS
    with pytest.raises(TextRefused):
        read_actions(GOOD_ACTIONS.replace(old, new).encode())


PATCH_ACTION = """product: shop
version: "1"
actions:
  - name: apply-patch
    title: {en: Apply}
    risk: high
    parameters: {patch: {kind: name}, digest: {kind: name}}
    patch: {}
"""


def test_an_action_may_apply_a_patch() -> None:
    action = read_actions(PATCH_ACTION.encode()).find("apply-patch")
    assert action is not None
    assert action.patch is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    patch: {}\n", "    patch: {}\n    run: {argv: [true]}\n"),
        ("    patch: {}\n", ""),
        (", digest: {kind: name}", ""),
        ("digest: {kind: name}", "digest: {kind: choice, choices: [a]}"),
        ("    patch: {}\n", "    patch: {}\n    precheck: {argv: [check]}\n"),
        ("    patch: {}\n", "    patch: {}\n    undo: {argv: [undo]}\n"),
    ],
)
def test_a_patch_is_the_only_form_of_its_action_and_has_its_two_parameters(old: str, new: str) -> None:
    with pytest.raises(TextRefused):
        read_actions(PATCH_ACTION.replace(old, new).encode())

"""Every attack once more, by the only way that a stolen collector has: documents for the agent's courier."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediation.executor.questions import Answer
from tests.redteam import attacks
from tests.redteam.by_courier import CourierWorld
from tests.redteam.test_thief import CONTROLS, EXPECTED
from tests.redteam.world import Attack
from wire.proofs import Outcome, Result

# What is no document is not carried; what ran before is answered from the chain, as it ended.
SOCKET_ONLY = {
    attacks.endless,
    attacks.nested,
    attacks.an_operation_that_is_not_there,
    attacks.a_policy_from_afar,
}
SENT_TWICE = {attacks.replayed}
# What the courier does not carry at all, so that the executor's check is a second one: unknown kinds, an approval
# beside another request than its own, and what its own clock has dropped.
KEPT_APART = {
    attacks.mixed,
    attacks.clock_turned_back,
    attacks.unknown_kind,
    attacks.unknown_version,
    attacks.downgraded,
}


def _name(value: object) -> str:
    return getattr(value, "__name__", "")


def test_the_courier_does_carry_what_both_sides_signed(tmp_path: Path) -> None:
    world = CourierWorld(tmp_path)
    request = world.request()
    answer = world.send(request, world.approval(request))
    assert isinstance(answer, Result)
    assert answer.outcome is Outcome.DONE
    assert world.runner.ran == [("restart", "web")]


@pytest.mark.parametrize("attack", EXPECTED, ids=_name)
def test_nothing_runs_whatever_comes_down(tmp_path: Path, attack: Attack) -> None:
    world = CourierWorld(tmp_path)
    given = attack(world)
    assert not world.is_robbed
    if attack in SENT_TWICE:
        assert isinstance(given, Result)
        assert given.outcome is Outcome.DONE, "the answer of the one run that was approved"
    elif isinstance(given, Answer):
        assert given.error == "not_carried"
        assert attack in SOCKET_ONLY or world.courier.refused, "what is not carried is told in `status`"
    else:
        assert given.obstacle in EXPECTED[attack]
        assert given.outcome is Outcome.REFUSED


BY_COURIER = [(attack, removed) for attack, removed in CONTROLS if attack not in SENT_TWICE | SOCKET_ONLY | KEPT_APART]


@pytest.mark.parametrize(("attack", "removed"), BY_COURIER, ids=_name)
def test_without_its_check_it_would_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: Attack, removed: list[tuple[object, str, object]]
) -> None:
    """The courier stops nothing by itself: it decides nothing, so no check may rest on it."""
    world = CourierWorld(tmp_path)
    for owner, name, value in removed:
        monkeypatch.setattr(owner, name, value)
    attack(world)
    assert world.is_robbed, "the attack does not come through the courier"

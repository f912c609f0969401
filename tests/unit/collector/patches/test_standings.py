"""Which requests are about a patch, and what their states say: every state of a request."""

from __future__ import annotations

from datetime import timedelta

import pytest

from collector.patches.model import Progress
from collector.patches.standings import Attempt, patch_action, progress_of, standings
from collector.relay.requests.model import Asked
from collector.relay.requests.state import RequestState
from remediation.trust.targets import Action, Actions, ParameterRule
from tests.fakes.patches import NOW
from wire.catalogue.model import Texts

ASKED = Asked(product="his", action="apply-patch", parameters={"patch": "his-2.0", "digest": "d" * 64})
NAME = ParameterRule(kind="name")


def attempt(state: str, obstacle: str = "", step: str = "", at: int = 0, asked: Asked = ASKED) -> Attempt:
    return Attempt("agent-1", asked, state, obstacle, NOW + timedelta(seconds=at), "r", "2026-000001", step)


EXPECTED = {
    RequestState.DRAFTED: Progress.ASKED,
    RequestState.SENT: Progress.ASKED,
    RequestState.DELIVERED: Progress.ASKED,
    RequestState.WAITING: Progress.ASKED,
    RequestState.APPROVED: Progress.APPROVED,
    RequestState.DONE: Progress.DONE,
    RequestState.FAILED: Progress.ROLLED_BACK,
    RequestState.REFUSED: None,
    RequestState.UNKNOWN: Progress.LOST,
    RequestState.STOPPED: None,
    RequestState.LAPSED: None,
}


@pytest.mark.parametrize("state", RequestState)
def test_every_state_of_a_request(state: RequestState) -> None:
    assert progress_of(attempt(state.value)) is EXPECTED[state]


@pytest.mark.parametrize(
    ("obstacle", "expected"),
    [
        ("no_approval", Progress.NOT_APPROVED),
        ("not_enough_approvals", Progress.NOT_APPROVED),
        ("outside_window", Progress.WINDOW),
        ("vendor_expired", Progress.ASKED),
        ("something new", Progress.ASKED),
    ],
)
def test_what_a_waiting_host_says(obstacle: str, expected: Progress) -> None:
    assert progress_of(attempt("waiting", obstacle)) is expected


@pytest.mark.parametrize(
    ("step", "expected"), [("staging", None), ("abandoned", None), ("started", Progress.ROLLED_BACK)]
)
def test_what_failed_before_anything_was_touched_leaves_no_trace(step: str, expected: Progress | None) -> None:
    assert progress_of(attempt("failed", step=step)) is expected


def test_the_later_attempt_counts() -> None:
    found = standings([attempt("failed"), attempt("done", at=5)])
    assert found["his", "his-2.0"]["agent-1"].progress is Progress.DONE


def test_an_attempt_that_touched_nothing_takes_back_no_success_but_ends_a_wish() -> None:
    assert standings([attempt("done"), attempt("refused")])["his", "his-2.0"]["agent-1"].progress is Progress.DONE
    assert standings([attempt("sent"), attempt("stopped")])["his", "his-2.0"] == {}


def test_a_request_about_something_else_is_none() -> None:
    other = Asked(product="his", action="run", parameters={"patch": "his-2.0", "digest": "d", "more": "x"})
    assert standings([attempt("done", asked=other)]) == {}


def test_the_action_is_the_one_with_exactly_these_parameters() -> None:
    def action(name: str, **rules: ParameterRule) -> Action:
        return Action(name=name, title=Texts(en="x"), risk="high", parameters=rules)

    actions = [action("a", patch=NAME), action("b", patch=NAME, digest=ParameterRule(kind="number"))]
    assert patch_action(None) is None
    assert patch_action(Actions(product="his", version="1", actions=actions)) is None
    actions.append(action("c", patch=NAME, digest=NAME))
    found = patch_action(Actions(product="his", version="1", actions=actions))
    assert found is not None
    assert found.name == "c"

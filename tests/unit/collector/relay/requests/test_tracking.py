from __future__ import annotations

import pytest

from collector.relay.requests.state import Step
from collector.relay.requests.tracking import OUTPUT_CHARS, detail_of, step_of
from remediation.trust.curable import CURABLE
from remediation.trust.decision import Obstacle
from tests.fakes.seeded_console import NOW
from wire.proofs import Outcome, Result


def a_result(outcome: Outcome, **change: str) -> Result:
    return Result(digest="0" * 64, outcome=outcome, ended_at=NOW, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("outcome", "step"),
    [(Outcome.DONE, Step.SUCCEED), (Outcome.FAILED, Step.FAIL), (Outcome.UNKNOWN, Step.LOSE)],
)
def test_a_last_word_is_a_step(outcome: Outcome, step: Step) -> None:
    assert step_of(a_result(outcome)) is step


@pytest.mark.parametrize("obstacle", Obstacle)
def test_a_refusal_waits_where_the_host_keeps_the_request(obstacle: Obstacle) -> None:
    expected = Step.HINDER if obstacle in CURABLE else Step.REFUSE
    assert step_of(a_result(Outcome.REFUSED, obstacle=obstacle.value)) is expected


def test_an_unknown_obstacle_is_a_refusal() -> None:
    assert step_of(a_result(Outcome.REFUSED, obstacle="moon")) is Step.REFUSE


def test_a_timeline_keeps_the_beginning_of_an_output() -> None:
    detail = detail_of(a_result(Outcome.DONE, output="x" * 9_000, action="a"))
    assert len(detail["output"]) == OUTPUT_CHARS
    assert detail["text"] == "a done"

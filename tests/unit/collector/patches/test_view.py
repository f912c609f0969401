"""The shape that programs read."""

from __future__ import annotations

import json

from collector.patches.applicability import Applicability, Reason, Verdict
from collector.patches.board import Line
from collector.patches.survey import Tally
from collector.patches.view import irreversible_steps, line_view
from remediation.patch.manifest import DatabaseStep, Undoing
from tests.fakes.patches import STEP, a_patch


def test_counts_stand_by_state_and_by_reason() -> None:
    tally = Tally()
    tally.add(Verdict(Applicability.BLOCKED, Reason.BACKUP), ["a", "b"], 3)
    tally.add(Verdict(Applicability.INSTALLED), ["c"], 1)
    found = json.loads(json.dumps(line_view(Line(a_patch(), tally, 5, 2))))
    assert found["hosts"]["blocked"] == found["reasons"]["blocked:backup"] == 3
    assert (found["sites"], found["ready_sites"], found["open_tickets"], found["ticket_sites"]) == (2, 0, 5, 2)


def test_steps_that_nobody_can_take_back_are_named() -> None:
    last = DatabaseStep(name="drop", engine="sqlite", database="his", forward=["DROP"], undoing=Undoing.NEVER)
    assert irreversible_steps(a_patch(database=[STEP, last])) == ["drop"]

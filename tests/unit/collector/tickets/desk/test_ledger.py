"""A hold that ends is one line of the ledger, by the way it ended."""

from __future__ import annotations

import pytest

from collector.tickets.alert_state import AlertState
from collector.tickets.desk.ledger import ended
from collector.tickets.desk.model import HoldEnd
from collector.tickets.model import Alert, Case, Hold
from tests.fakes.desk_story import about, at

HELD = Alert(state=AlertState.FIRING, hold=Hold.WINDOW, held_count=3, first_firing_at=at(0))


@pytest.mark.parametrize(
    ("after", "end"),
    [
        (Alert(state=AlertState.FIRING), HoldEnd.OPENED),
        (Alert(state=AlertState.OK), HoldEnd.CLEARED),
        (Alert(state=AlertState.FIRING, hold=Hold.SILENT), HoldEnd.MOVED),
        (Alert(state=AlertState.FIRING, hold=Hold.STORM, host="x"), HoldEnd.MOVED),
        (Alert(state=AlertState.FIRING, hold=Hold.WINDOW, held_count=4), None),
    ],
)
def test_each_end(after: Alert, end: HoldEnd | None) -> None:
    line = ended(about(), Case(HELD), Case(after), at(60))
    assert (line and line.end) == end
    if line is not None:
        assert (line.hold, line.count, line.since, line.until) == ("window", 3, at(0), at(60))


def test_what_was_not_held_is_no_line() -> None:
    assert ended(about(), Case(), Case(HELD), at(0)) is None
    assert ended(about(), Case(Alert(state=AlertState.FIRING)), Case(HELD), at(0)) is None

"""When a calendar ends soon; tests/integration/collector/jobs/test_clocks.py opens the ticket."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from collector.tickets.clocks.coverage import is_short


@pytest.mark.parametrize(("days", "expected"), [(61, False), (60, True), (0, True), (-1, True)])
def test_sixty_days_before_the_end(days: int, expected: bool) -> None:
    today = date(2026, 11, 1)
    assert is_short(today + timedelta(days=days), today) is expected

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collector.fleet.presence import silence_s, silent_before
from collector.settings import Rules

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(("heartbeat_s", "after_s", "expected"), [(60, 180, 180), (60, 600, 600), (300, 180, 900)])
def test_three_heartbeats_may_be_missed_whatever_the_setting(
    heartbeat_s: float, after_s: float, expected: float
) -> None:
    assert silence_s(Rules(heartbeat_s=heartbeat_s, silent_after_s=after_s), heartbeat_s) == expected


def test_whoever_was_asked_to_report_less_often_is_waited_for_longer() -> None:
    assert silence_s(Rules(heartbeat_s=60, silent_after_s=180), 240) == 720
    assert silence_s(Rules(heartbeat_s=60, silent_after_s=180), 0) == 180


def test_nobody_is_silent_while_the_collector_has_just_come_back() -> None:
    rules = Rules(heartbeat_s=60, silent_after_s=180, silent_grace_s=600)
    just_before = START + timedelta(seconds=599.999)
    assert silent_before(rules, 60, started_at=START, now=just_before) is None
    now = START + timedelta(seconds=600)
    assert silent_before(rules, 60, started_at=START, now=now) == now - timedelta(seconds=180)

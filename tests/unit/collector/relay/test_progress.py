"""What a timeline keeps of states is read back; what is not of that form is left out."""

from __future__ import annotations

from datetime import UTC, datetime

from collector.relay.progress import states_told

AT = "2026-11-24T01:00:00+00:00"


def test_states_with_their_times() -> None:
    assert states_told(f"planned@{AT} clean@{AT}") == [
        ("planned", datetime(2026, 11, 24, 1, tzinfo=UTC)),
        ("clean", datetime(2026, 11, 24, 1, tzinfo=UTC)),
    ]


def test_what_cannot_be_read_is_left_out() -> None:
    assert states_told(f"planned clean@soon started@2026-11-24T01:00:00 done@{AT}") == [
        ("done", datetime(2026, 11, 24, 1, tzinfo=UTC))
    ]
    assert states_told("") == []

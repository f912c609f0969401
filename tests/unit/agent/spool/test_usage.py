from __future__ import annotations

from agent.spool.usage import CONTROL_SHARE, LOG_SHARE, Usage, room_bytes


def test_sums() -> None:
    usage = Usage().plus(waiting_bytes=5, kept_bytes=3).plus(sealed_bytes=2, kept_bytes=-1)
    assert usage == Usage(waiting_bytes=5, sealed_bytes=2, kept_bytes=2)
    assert usage.total_bytes == 9


def test_what_the_agent_itself_must_say_has_room_when_logs_have_none() -> None:
    assert room_bytes(1_000, control=False) < room_bytes(1_000, control=True) < 1_000
    assert LOG_SHARE < CONTROL_SHARE < 1

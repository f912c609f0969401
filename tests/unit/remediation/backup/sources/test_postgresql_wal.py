from __future__ import annotations

import pytest

from remediation.backup.sources.postgresql_wal import SEGMENT, missing_segments, position_of, segment_name

SEGMENT_BYTES = 16 << 20


@pytest.mark.parametrize("segment_bytes", [1 << 20, SEGMENT_BYTES, 1 << 30])
@pytest.mark.parametrize("timeline", [1, 0x1A])
def test_a_row_without_a_hole_misses_nothing_and_any_other_its_holes(segment_bytes: int, timeline: int) -> None:
    first = position_of("1/0") - 2 * segment_bytes  # across the end of the 32 bits
    positions = [first + number * segment_bytes for number in range(5)]
    names = [segment_name(timeline, position, segment_bytes) for position in positions]
    assert len(set(names)) == 5
    assert sorted(names) == names
    assert all(SEGMENT.fullmatch(name) for name in names)
    assert missing_segments(names, timeline, positions[0], positions[-1], segment_bytes) == []
    for name in names:
        left = [each for each in names if each != name]
        assert missing_segments(left, timeline, positions[0], positions[-1], segment_bytes) == [name]
        assert missing_segments([*left, f"{name}.partial"], timeline, positions[0], positions[-1], segment_bytes) == []
    assert missing_segments(names, timeline + 1, positions[0], positions[-1], segment_bytes) != []


def test_what_is_no_segment_is_not_taken_for_one() -> None:
    assert SEGMENT.fullmatch("00000002.history")
    assert not SEGMENT.fullmatch("000000010000000000000001.tmp")
    assert not SEGMENT.fullmatch("archive_status")

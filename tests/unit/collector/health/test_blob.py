from __future__ import annotations

from zlib import crc32

import pytest
import zstandard

from collector.health.blob import MAGIC, PLAIN_BYTES, pack, unpack
from collector.health.model import BlobRefused, Value
from collector.health.varints import pack_lengths

TIMES = [1_000_000, 61_000_300, 121_000_100]
SERIES: dict[str, list[Value | None]] = {
    "cpu": [12.5, None, 13.0],
    "디스크:/var": [1, 2, 3],
    "mixed": [1, 1.0, True],
    "boot": ["a", "a", "b"],
}


def sealed(plain: bytes, version: int = 1) -> bytes:
    body = zstandard.ZstdCompressor(write_content_size=True).compress(plain)
    return MAGIC + bytes((version,)) + crc32(body).to_bytes(4, "little") + body


def test_a_table_comes_back() -> None:
    table = unpack(pack(TIMES, SERIES))
    assert table.times_us == TIMES
    assert table.series == SERIES
    assert [type(value) for value in table.series["mixed"]] == [int, float, bool]


def test_only_what_is_wanted_is_read() -> None:
    assert unpack(pack(TIMES, SERIES), {"cpu", "no such"}).series == {"cpu": SERIES["cpu"]}
    assert unpack(pack(TIMES, SERIES), ()).times_us == TIMES


def test_a_series_without_a_value_and_an_empty_table() -> None:
    assert unpack(pack(TIMES, {"none": [None] * 3})).series == {}
    assert unpack(pack([], {})).times_us == []


def test_times_may_repeat_and_run_back() -> None:
    times = [7_200_000_000, 0, 0, -3_600_000_000]
    assert unpack(pack(times, {})).times_us == times


def test_every_cut_and_every_flipped_byte_is_refused() -> None:
    packed = pack(TIMES, SERIES)
    for at in range(len(packed)):
        with pytest.raises(BlobRefused):
            unpack(packed[:at])
        with pytest.raises(BlobRefused):
            unpack(packed[:at] + bytes((packed[at] ^ 0x41,)) + packed[at + 1 :])
    with pytest.raises(BlobRefused):
        unpack(packed + b"more")


def test_a_newer_version_says_so() -> None:
    with pytest.raises(BlobRefused, match="version 2"):
        unpack(sealed(b"\x00" * 4, version=2))


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"\x01",
        pack_lengths([2, 4, 1]) + b"\x02\x00",
        pack_lengths([1, 9, 1]) + b"\x02\x00",
        pack_lengths([2**31, 4, 0, 0]),
        pack_lengths([0, 4, 0, 1, 9]),
        pack_lengths([0, 4, 0, 1, 1]) + b"\xff" + pack_lengths([2]) + b"\x00\x02",
        pack_lengths([0, 4, 0, 0]) + b"rest",
        pack_lengths([0, 4, 0, 2**31]),
    ],
)
def test_a_whole_frame_of_nonsense_is_refused(plain: bytes) -> None:
    with pytest.raises(BlobRefused):
        unpack(sealed(plain))


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(BlobRefused, match="too large"):
        unpack(sealed(bytes(PLAIN_BYTES + 1)))


def test_more_than_a_blob_may_hold_is_not_packed() -> None:
    with pytest.raises(ValueError, match="more than"):
        pack(range(100_001), {})

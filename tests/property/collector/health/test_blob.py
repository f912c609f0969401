"""Whatever samples come, in whatever order: each comes back, bit for bit; whatever bytes come, one clear refusal."""

from __future__ import annotations

import random
import struct
from contextlib import suppress
from zlib import crc32

import zstandard
from hypothesis import given
from hypothesis import strategies as st

from collector.health.blob import MAGIC, pack, unpack
from collector.health.hours import merged, pack_samples, unpack_samples
from collector.health.model import BlobRefused, Sample, Value
from collector.health.rollups import pack_rollups, rolled_hours, unpack_rollups

tenths = st.integers(0, 1_000).map(lambda number: number / 10)
values = st.one_of(
    tenths,
    tenths,
    st.floats(allow_nan=False),
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.text(st.characters(exclude_categories=["Cs"])),
)
names = st.one_of(
    st.sampled_from(["cpu_percent", "load_1m", "disks.used_percent:/"]),
    st.text(st.characters(codec="ascii"), min_size=1, max_size=8),
)
times = st.one_of(st.integers(0, 60).map(lambda at: at * 60_000_000), st.integers(-(2**60), 2**60))
samples = st.builds(Sample, times, st.dictionaries(names, values, max_size=6))


def bits(value: Value | None) -> object:
    return struct.pack("<d", value) if isinstance(value, float) else (type(value), value)


def bits_of(sample: Sample) -> tuple[int, dict[str, object]]:
    return sample.at_us, {name: bits(value) for name, value in sample.values.items()}


@given(st.lists(samples, max_size=12))
def test_samples_come_back_bit_for_bit(given_samples: list[Sample]) -> None:
    found = unpack_samples(pack_samples(given_samples))
    assert [bits_of(sample) for sample in found] == [bits_of(sample) for sample in given_samples]


@given(st.lists(samples, max_size=8), st.lists(samples, max_size=8), st.randoms())
def test_an_hour_is_the_same_in_whatever_pieces_and_order_it_came(
    first: list[Sample], then: list[Sample], chance: random.Random
) -> None:
    once = {sample.at_us: sample for sample in reversed([*first, *then])}
    whole = sorted(once.values(), key=lambda sample: sample.at_us)
    pieces = [*whole, *whole]
    chance.shuffle(pieces)
    cut = len(pieces) // 2
    blob = pack_samples(merged([], pieces[:cut]))
    assert merged(unpack_samples(blob), pieces[cut:]) == whole


@given(st.lists(samples, max_size=10))
def test_roll_ups_come_back(given_samples: list[Sample]) -> None:
    tame = [
        Sample(each.at_us, {name: value for name, value in each.values.items() if not isinstance(value, float)})
        for each in merged([], given_samples)
    ]
    rows = rolled_hours(tame)
    assert unpack_rollups(pack_rollups(rows)) == rows


@given(st.binary(max_size=200))
def test_any_bytes_in_a_good_frame_are_a_table_or_refused(plain: bytes) -> None:
    body = zstandard.ZstdCompressor(write_content_size=True).compress(plain)
    for blob in (plain, MAGIC + b"\x01" + crc32(body).to_bytes(4, "little") + body):
        with suppress(BlobRefused):
            unpack(blob)


@given(st.lists(samples, min_size=1, max_size=6), st.data())
def test_a_changed_column_is_a_table_or_refused(given_samples: list[Sample], data: st.DataObject) -> None:
    """Behind the checksum nothing guards but the reader itself."""
    packed = pack_samples(given_samples)
    plain = bytearray(zstandard.ZstdDecompressor().decompress(packed[8:]))
    at = data.draw(st.integers(0, len(plain) - 1))
    plain[at] ^= data.draw(st.integers(1, 255))
    body = zstandard.ZstdCompressor(write_content_size=True).compress(bytes(plain))
    with suppress(BlobRefused):
        unpack(MAGIC + b"\x01" + crc32(body).to_bytes(4, "little") + body)


def test_negative_control() -> None:
    assert bits(0.0) != bits(-0.0)
    assert bits(1) != bits(True)
    assert pack([1], {"a": [1.0]}) != pack([1], {"a": [1]})

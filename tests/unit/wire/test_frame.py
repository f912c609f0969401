from __future__ import annotations

import json
import random

import pytest
import zstandard

from wire import limits
from wire.errors import Malformed, TooLarge, WireError
from wire.frame import check_strict, pack, pack_alone, unpack


def _stated(size: int, content: bytes) -> bytes:
    """A frame whose header says `size`, whatever it holds: single segment, 8 bytes of content size, one raw block."""
    header = b"\x28\xb5\x2f\xfd" + bytes([0b1110_0000]) + size.to_bytes(8, "little")
    block = (len(content) << 3 | 1).to_bytes(3, "little")
    return header + block + content


def test_the_builder_of_lying_frames_tells_the_truth_when_asked_to() -> None:
    assert unpack(_stated(5, b"hello")) == b"hello"


def test_round_trip() -> None:
    assert unpack(pack(b'{"a":1}')) == b'{"a":1}'
    assert pack_alone(b'{"a":1}') == pack(b'{"a":1}')


def test_the_largest_that_passes() -> None:
    plain = random.Random(1).randbytes(limits.FRAME_PLAIN_BYTES)
    assert unpack(pack(plain)) == plain
    with pytest.raises(TooLarge):
        unpack(pack(plain + b"x"))


def test_a_bomb_is_refused_by_its_ratio() -> None:
    bomb = pack(bytes(200_000_000))
    assert len(bomb) < limits.BODY_BYTES
    with pytest.raises(TooLarge):
        unpack(bomb)
    with pytest.raises(TooLarge):
        unpack(pack(bytes(4_000_000)))


def test_equal_short_records_are_no_bomb() -> None:
    plain = b'{"kind":"event"}' * 4_000
    assert len(plain) > limits.FRAME_RATIO * len(pack(plain))
    assert unpack(pack(plain)) == plain


@pytest.mark.parametrize("size", [4, 6, 60_000])
def test_a_frame_that_lies_about_its_size(size: int) -> None:
    with pytest.raises(Malformed):
        unpack(_stated(size, b"hello"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b'{"a":1}',
        b"\x28\xb5\x2f\xfd",
        b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd",  # a skippable frame
        b"\x1f\x8b\x08\x00" + bytes(20),  # gzip
        zstandard.ZstdCompressor(write_content_size=False).compress(b"hello"),
        pack(b"hello")[:-1],
        pack(b"hello") + b"x",
        pack(b"hello") + pack(b"hello"),
        _stated(0, b""),
        _stated(0, b"hello"),
        _stated(2**63, b"hello")[:-1],
    ],
)
def test_bytes_that_are_no_frame(body: bytes) -> None:
    with pytest.raises(WireError):
        unpack(body)


def test_every_cut_and_every_changed_byte_is_refused_or_the_same_size() -> None:
    body = pack(json.dumps({"records": list(range(200))}).encode())
    for at in range(len(body)):
        with pytest.raises(Malformed):
            unpack(body[:at])
        changed = bytearray(body)
        changed[at] ^= 0xFF
        try:
            unpack(bytes(changed))
        except WireError:
            continue


@pytest.mark.parametrize(
    "plain",
    [
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"c":2,"b":3}}',
        b'[{"a":1,"\\u0061":1}]',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":-1e999}',
        b'{"a":1.5E+999}',
        b'{"a":' + b"9" * 400 + b".0}",
        b'{"a":"\\ud800"}',
        b'{"a":"\\udc00\\ud800"}',
        b'{"\\uDBFF":1}',
        b'["\\ud83dx\\ude00"]',
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":1}x',
        b'{"a":1}{"a":1}',
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":"\x00"}',
        b"",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":' + b"1" * 5_000 + b"}",
        b"\xef\xbb\xbf{}",
    ],
)
def test_json_that_two_readers_could_read_differently(plain: bytes) -> None:
    with pytest.raises(Malformed):
        check_strict(plain)


@pytest.mark.parametrize(
    "plain",
    [
        b'{"a":1,"b":{"a":1}}',
        b'[{"a":1},{"a":1}]',
        '{"이름":"값"}'.encode(),
        b'{"a":"\\ud83d\\ude00"}',
        b'{"a":"\\\\ud800"}',
        b'{"a":1e308,"b":-0.0}',
        b'{"a":' + b"9" * 300 + b".0}",
        b'{"a":"\\u0000"}',
        b"{}",
    ],
)
def test_json_that_has_one_meaning(plain: bytes) -> None:
    check_strict(plain)


def test_a_compressor_that_served_others_packs_as_a_new_one() -> None:
    plains = [b"{}", b'{"a":[1,2,3]}' * 1_000, b'{"b":"' + b"x" * 100_000 + b'"}']
    assert [pack(plain) for plain in plains] == [zstandard.ZstdCompressor(level=3).compress(plain) for plain in plains]


def test_our_own_bytes_with_one_key_twice_are_not_as_we_write_them() -> None:
    check_strict(b'{"a":"x\\":","b":1}')
    with pytest.raises(Malformed):
        check_strict(b'{"a":"x\\u0022:","a":1}')

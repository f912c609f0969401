from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediation.backup.engines.archive.format import (
    LARGE_FILE_BYTES,
    LARGE_PIECE_BYTES,
    PIECE_BYTES,
    SEGMENT_RECORDS_MAX,
    Foreign,
    Record,
    Segment,
    content_bytes,
    decode,
    encode,
    is_cut_after,
    is_safe,
    piece_bytes,
    sort_key,
)

NAMES = st.binary(min_size=1, max_size=6).map(lambda name: name.replace(b"/", b"x").replace(b"\0", b"y"))
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(lambda names: b"/" + b"/".join(names))


@pytest.mark.parametrize("path", [b"/a", b"/a/b c", b"/...", b"/\xff", b"/a/..b"])
def test_safe_paths(path: bytes) -> None:
    assert is_safe(path)


@pytest.mark.parametrize("path", [b"", b"/", b"a", b"/a/", b"//a", b"/.", b"/..", b"/a/../b", b"/a/./b", b"/a\0"])
def test_paths_that_are_not(path: bytes) -> None:
    assert not is_safe(path)


@given(st.lists(PATHS, max_size=12))
def test_a_folder_comes_directly_before_what_is_in_it(paths: list[bytes]) -> None:
    everything = {path[:end] for path in paths for end in range(1, len(path) + 1) if path[end : end + 1] in {b"/", b""}}
    ordered = sorted(everything, key=sort_key)
    for number, path in enumerate(ordered):
        inside = [other for other in ordered if other.startswith(path + b"/")]
        assert ordered[number + 1 : number + 1 + len(inside)] == inside


def test_cuts_follow_the_path_and_the_count() -> None:
    chosen = next(path for path in (b"/%d" % number for number in range(10_000)) if not zlib.crc32(path) & 2047)
    assert is_cut_after(chosen, 1)
    assert not is_cut_after(b"/1", 1)
    assert is_cut_after(b"/1", SEGMENT_RECORDS_MAX)


def test_what_is_encoded_is_decoded() -> None:
    segment = Segment([b"x" * 32], [Record(b"/\xff", 0, 0o100644, size=3, chunks=[0], xattrs=[(b"user.a", b"\0")])])
    assert decode(encode(segment), Segment) == segment
    for content in (b"", b"\xc1", encode([1, 2]), b"\x91" * 100_000):
        with pytest.raises(Foreign):
            decode(content, Segment)


def test_sizes() -> None:
    assert (piece_bytes(LARGE_FILE_BYTES - 1), piece_bytes(LARGE_FILE_BYTES)) == (PIECE_BYTES, LARGE_PIECE_BYTES)
    assert content_bytes(Record(b"/a", 0, size=7)) == 7
    assert content_bytes(Record(b"/a", 0, size=99, extents=[(3, 4), (50, 2)])) == 6

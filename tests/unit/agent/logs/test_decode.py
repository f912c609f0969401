from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.logs.decode import RawLine, Splitter, decode_lines
from agent.settings.encoding import find_encoding


def split(content: bytes, encoding: str = "utf-8", *, chunk: int = 10**9, limit: int = 1_000_000) -> list[RawLine]:
    splitter = Splitter(find_encoding(encoding).for_head(content[:4]), limit=limit)
    lines = [line for at in range(0, len(content), chunk) for line in splitter.feed(content[at : at + chunk])]
    rest = splitter.rest()
    return [*lines, rest] if rest else lines


def texts(content: bytes, encoding: str = "utf-8", **how: int) -> list[str]:
    settled = find_encoding(encoding).for_head(content[:4])
    return decode_lines(settled, split(content, encoding, **how)).texts


CONTENT = [
    (b"", []),
    (b"\n", [""]),
    (b"one\ntwo\n", ["one", "two"]),
    (b"one\r\ntwo", ["one", "two"]),
    (b"one\r\r\ntwo\r", ["one\r", "two\r"]),
    (b"a\rb\x0bc\x0cd\x1ce\n", ["a\rb\x0bc\x0cd\x1ce"]),  # str.splitlines would cut all of these
    ("a\u2028b\u0085c\n".encode(), ["a\u2028b\u0085c"]),
    (b"\xef\xbb\xbfone\n\xef\xbb\xbftwo\n", ["one", "two"]),  # files are appended to others
    (b"a\xffb\xfe\n", ["a\\xffb\\xfe"]),
    (b"a\0b\n", ["a\0b"]),
    (b"a\0\0\0\0b\n", ["a\0b"]),
]


@pytest.mark.parametrize(("content", "expected"), CONTENT)
@pytest.mark.parametrize("chunk", [1, 2, 3, 1_000])
def test_lines(content: bytes, expected: list[str], chunk: int) -> None:
    assert texts(content, chunk=chunk) == expected


@pytest.mark.parametrize("name", ["utf-8", "cp949", "euc-kr", "gbk", "gb18030", "big5", "shift_jis", "latin-1"])
def test_text_survives_its_encoding(name: str) -> None:
    lines = ["plain [error]", {"latin-1": "é", "big5": "錯誤"}.get(name, "エ錯") if name != "cp949" else "수납 오류"]
    assert texts("\r\n".join(lines).encode(name), name, chunk=3) == lines


@pytest.mark.parametrize("name", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 100])
def test_utf_16_is_cut_at_code_units(name: str, chunk: int) -> None:
    lines = ["오류 Ċ \u0a00\u0d0a", "", "错误 \U0001f4a5", "last"]  # Ċ and \u0a00 hold the byte 0x0A
    assert texts("\r\n".join(lines).encode(name), name, chunk=chunk) == lines


def test_utf_16_without_a_mark_is_little_endian_and_a_mark_decides() -> None:
    assert texts("a\nb".encode("utf-16-le"), "utf-16") == ["a", "b"]
    assert texts(b"\xfe\xff" + "a\nb".encode("utf-16-be"), "utf-16") == ["a", "b"]


def test_half_a_code_unit_at_the_end_is_kept_as_undecodable() -> None:
    decoded = decode_lines(find_encoding("utf-16-le"), split("ab".encode("utf-16-le") + b"\x41", "utf-16-le"))
    assert decoded.texts == ["ab\\x41"]
    assert decoded.undecodable == 1


def test_undecodable_bytes_are_counted() -> None:
    assert decode_lines(find_encoding("utf-8"), split(b"\xff\xfe ok \xc3\n fine \xe2\x82\n")).undecodable == 5
    assert decode_lines(find_encoding("utf-8"), split(b"\\xff is text\n")).undecodable == 0


def test_a_long_line_is_cut_and_the_rest_skipped() -> None:
    lines = split(b"x" * 25 + b"\nnext\n", limit=10, chunk=4)
    assert [(line.raw, line.lost) for line in lines] == [(b"x" * 10, 15), (b"next", 0)]
    assert [(line.start, line.end) for line in lines] == [(0, 26), (26, 31)]


def test_a_line_without_end_does_not_grow_memory() -> None:
    splitter = Splitter(find_encoding("utf-8"), limit=1_000)
    for _ in range(1_000):
        assert splitter.feed(b"y" * 100_000) == []
    assert len(splitter._tail) == 1_000
    rest = splitter.rest()
    assert rest
    assert (len(rest.raw), rest.lost, rest.end) == (1_000, 99_999_000, 100_000_000)


def test_a_hole_of_nuls_costs_one_byte() -> None:
    splitter = Splitter(find_encoding("utf-8"), limit=1_000)
    for _ in range(100):
        splitter.feed(bytes(100_000))
    (line,) = splitter.feed(b"end\n")
    assert (line.raw, line.nuls, line.lost) == (b"\0end", 9_999_999, 0)


@given(st.binary(max_size=200), st.integers(1, 20), st.sampled_from(["utf-8", "cp949", "utf-16-le"]))
def test_offsets_cover_the_file_and_chunks_change_nothing(content: bytes, chunk: int, name: str) -> None:
    lines = split(content, name, chunk=chunk)
    assert lines == split(content, name)
    ends = [0, *(line.end for line in lines)]
    assert [line.start for line in lines] == ends[:-1]
    assert ends[-1] == len(content)


@given(st.lists(st.text(st.characters(exclude_characters="\n\r\0\ufeff", exclude_categories=["Cs"])), max_size=5))
def test_what_was_written_is_read(lines: list[str]) -> None:
    assert texts("".join(f"{line}\n" for line in lines).encode()) == lines

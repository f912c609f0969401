from __future__ import annotations

import pytest

from agent.settings.encoding import EncodingRefused, find_encoding


@pytest.mark.parametrize(
    "name",
    ["", "nothing", "base64", "rot13", "utf-7", "utf-32", "hz", "iso2022_kr", "cp037", "idna", "punycode", "a\0b"],
)
def test_encodings_that_cannot_be_read(name: str) -> None:
    with pytest.raises(EncodingRefused) as refusal:
        find_encoding(name)
    assert "not" in str(refusal.value)


def test_the_mark_in_an_encodings_name_is_no_difference() -> None:
    assert find_encoding("utf-8-sig") == find_encoding("UTF8")


@pytest.mark.parametrize(
    ("head", "codec"),
    [
        (b"", "utf-8"),
        ("2026 오류".encode(), "utf-8"),
        ("2026 오류".encode("cp949"), "utf-8"),
        ("오류".encode("utf-16"), "utf-16-le"),
        (b"\xfe\xff" + "오류".encode("utf-16-be"), "utf-16-be"),
        ("2026-11-24 저장 가능 ERROR".encode("utf-16-le"), "utf-16-le"),  # U+C800 and U+AC00 hold a NUL too
        ("2026-11-24 저장 가능 ERROR".encode("utf-16-be"), "utf-16-be"),
        (b"\0" * 1_000, "utf-8"),  # a hole
        (b"2026-11-24 ERROR \0\0\0\0 x\n", "utf-8"),
        ("错误错误错误错误".encode("utf-16-le"), "utf-8"),  # without a mark and without ASCII nothing tells it
    ],
)
def test_auto_tells_utf_16_by_its_mark_or_its_ascii(head: bytes, codec: str) -> None:
    assert find_encoding("auto").for_head(head).codec == codec


def test_auto_settles_lines_later_and_only_where_they_are_no_utf_16() -> None:
    auto = find_encoding("AUTO")
    assert auto.for_head(b"text").is_guessed
    assert not auto.for_head("text".encode("utf-16")).is_guessed
    assert not find_encoding("utf-8").for_head("text".encode("utf-16")).is_guessed

"""Telephone numbers: one value for every way to write it, and what is none."""

from __future__ import annotations

import pytest

from agent.redaction.phones import Phone, is_inside_hash


def values(text: str) -> list[str]:
    return [found.value for found in Phone().find(text)]


@pytest.mark.parametrize(
    ("texts", "value"),
    [
        (
            ("010-2345-6789", "01023456789", "+82 10 2345 6789", "+82-010-2345-6789", "0082-10-2345-6789"),
            "821023456789",
        ),
        (("011-234-5678", "0112345678", "(011)234-5678"), "82112345678"),
        (("02-234-5678", "(02) 234-5678", "+82-2-234-5678", "02) 234-5678"), "8222345678"),
        (("138-1234-5678", "13812345678", "+86 138 1234 5678", "8613812345678", "0086-13812345678"), "8613812345678"),
    ],
)
def test_one_value_for_every_way_to_write_it(texts: tuple[str, ...], value: str) -> None:
    for text in texts:
        assert values(f"tel {text}.") == [value], text


def test_a_line_in_china() -> None:
    assert values("0755-12345678") == ["8675512345678"] == values("+86-755-12345678")


def test_beijing_without_its_country_reads_as_a_korean_mobile() -> None:
    assert values("(010) 89074833") == ["821089074833"]
    assert values("+86-10-89074833") == ["861089074833"]


@pytest.mark.parametrize(
    "text",
    [
        "12345678901",  # no such prefix
        "010-123-45678",
        "0212345678",  # a fixed line without gaps
        "192.168.010.123",
        "2026-11-24 01:00:00.123",
        "0x0112345678",
        "3f2a01012345678bcdef0123",
        "12345678-0101-2345-6789-01012345678a",
        "1.01012345678",
    ],
)
def test_look_alikes(text: str) -> None:
    assert values(text) == []


def test_a_word_of_digits_alone_is_no_hash() -> None:
    assert not is_inside_hash("0" * 30, 3, 14)
    assert is_inside_hash("0" * 30 + "a", 3, 14)

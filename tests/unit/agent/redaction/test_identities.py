"""Identity numbers: which dates and check digits count."""

from __future__ import annotations

import pytest

from agent.redaction.identities import ChineseIdentity, KoreanIdentity
from agent.redaction.model import Confidence


def korean(text: str) -> list[tuple[str, str, Confidence]]:
    return [(found.label, found.value, found.confidence) for found in KoreanIdentity().find(text)]


def chinese(text: str) -> list[str]:
    return [found.value for found in ChineseIdentity().find(text)]


@pytest.mark.parametrize(
    ("text", "label", "confidence"),
    [
        ("900101-1234568", "RRN", Confidence.HIGH),
        ("900101-1234560", "RRN", Confidence.MEDIUM),  # no check digit since October 2020
        ("9001011234560", "RRN", Confidence.MEDIUM),
        ("000229-3000000", "RRN", Confidence.MEDIUM),  # 2000 was a leap year
        ("900101-5000000", "ARC", Confidence.MEDIUM),
        ("주민900101-1234560호", "RRN", Confidence.MEDIUM),
        ("900101-\n1234560", "RRN", Confidence.MEDIUM),
        ("2026 900101 1234560", "RRN", Confidence.MEDIUM),
    ],
)
def test_korean_numbers(text: str, label: str, confidence: Confidence) -> None:
    [found] = korean(text)
    assert (found[0], found[2]) == (label, confidence)
    assert len(found[1]) == 13


@pytest.mark.parametrize(
    "text",
    [
        "901301-1234567",  # no such month
        "900230-1234567",  # no such day
        "010229-3000000",  # no leap year
        "900101-9234567",  # the century before the last but one
        "1900101-1234567",
        "900101-12345678",
        "0.9001011234560",
        "ts=1801011234563",  # a clock in milliseconds, in 2027
    ],
)
def test_korean_look_alikes(text: str) -> None:
    assert korean(text) == []


def test_a_clock_without_its_name_is_hidden_rather_than_a_child_shown() -> None:
    assert korean("id 1801013234561")


@pytest.mark.parametrize(
    "text", ["11010519491231002X", "110105 19491231 002x", "110105-19491231-002X", "号11010519491231002X"]
)
def test_chinese_numbers(text: str) -> None:
    assert chinese(text) == ["11010519491231002X"]


@pytest.mark.parametrize(
    "text", ["110105194912310021", "11010519491331002X", "110105194912310020X", "91010519491231002X"]
)
def test_chinese_look_alikes(text: str) -> None:
    assert chinese(text) == []

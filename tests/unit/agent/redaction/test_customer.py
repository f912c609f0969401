"""The customer's own patterns."""

from __future__ import annotations

import pytest

from agent.redaction.customer import Customer
from agent.settings.redaction import CustomerPattern

BY_KEY = Customer(CustomerPattern(name="mrn", regex="[0-9]{8}", keys=["mrn", "chart_no", "환자번호", "病历号"]))
ANYWHERE = Customer(CustomerPattern(name="ward", regex="W-[0-9]{3}"))


@pytest.mark.parametrize(
    "text",
    ["MRN 00123456", "mrn=00123456", '"mrn": "00123456"', r"\"mrn\":\"00123456\"", "환자번호: 00123456",
     "病历号(00123456)",      "chart_no => 00123456", "환자번호00123456", "[mrn] 00123456"],
)  # fmt: skip
def test_behind_a_key(text: str) -> None:
    [found] = BY_KEY.find(text)
    assert (found.label, found.value) == ("MRN", "00123456")


@pytest.mark.parametrize("text", ["order 00123456", "mrn is missing, order 00123456", "00123456 mrn"])
def test_elsewhere_numbers_stay(text: str) -> None:
    assert list(BY_KEY.find(text)) == []


def test_without_keys_it_counts_everywhere() -> None:
    assert [found.value for found in ANYWHERE.find("W-101 to W-102")] == ["W-101", "W-102"]


def test_a_token_is_not_hidden_again_and_nothing_is_no_value() -> None:
    greedy = Customer(CustomerPattern(name="all", regex=".*"))
    assert list(greedy.find("x [MRN#abcdefghij] y")) == []
    assert list(greedy.find("")) == []

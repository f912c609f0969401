"""Payment cards."""

from __future__ import annotations

import pytest

from agent.redaction.cards import Card


def values(text: str) -> list[str]:
    return [found.value for found in Card().find(text)]


@pytest.mark.parametrize(
    "text",
    ["4111111111111111", "4111-1111-1111-1111", "4111 1111 1111 1111", "x4111111111111111x", "[4111.1111.1111.1111]"],
)
def test_one_value_for_every_way_to_write_it(text: str) -> None:
    assert values(text) == ["4111111111111111"]


@pytest.mark.parametrize("text", ["378282246310005", "3782 822463 10005", "30569309025904", "6212345678901232"])
def test_other_issuers(text: str) -> None:
    assert len(values(text)) == 1


@pytest.mark.parametrize(
    "text",
    ["4111111111111112", "1763810932000123", "41111111111111111", "0.4111111111111111", "aa4111111111111111bb0123"],
)
def test_look_alikes(text: str) -> None:
    assert values(text) == []

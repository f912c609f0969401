"""Golden values: a changed hash would open every ticket of a customer a second time."""

from __future__ import annotations

import pytest

from wire.fingerprint import template_fingerprint, ticket_fingerprint

GOLDEN = [
    (("seoul", "billing", "BIL-1001", {}), "58302f02288eccefb873ee33503ef6571fcc749724ab3eb5c504850c73d8faeb"),
    (
        ("seoul", "billing", "BIL-1001", {"ward": "3"}),
        "f7016cc6aca73fa546e82b0672ae5ab91a0298bd1e119486eefc6a317c4e7106",
    ),
    (
        ("seoul", "HOST", "HOST-DSK-0090", {"host": "db-1", "mount": "/var"}),
        "0f057d824d8fa4542cdc2dda18e750552a74b4a91500bc90e45aae8f7a2257d2",
    ),
    (("서울", "접수", "R1", {"환자": "\ud800"}), "5f4bdd5adb9a1891a934496390a7b6e96c6aea211ecf73b55f208e1196663c24"),
]


@pytest.mark.parametrize(("parts", "expected"), GOLDEN)
def test_golden(parts: tuple[str, str, str, dict[str, str]], expected: str) -> None:
    assert ticket_fingerprint(*parts) == expected


def test_the_order_of_identity_does_not_matter() -> None:
    one = ticket_fingerprint("s", "m", "c", {"a": "1", "b": "2"})
    assert one == ticket_fingerprint("s", "m", "c", {"b": "2", "a": "1"})


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (("s", "m", "c", {"a": "b=c"}), ("s", "m", "c", {"a=b": "c"})),
        (("s", "m", "c", {"a": "1\x1fb\x1f2"}), ("s", "m", "c", {"a": "1", "b": "2"})),
        (("s", "m", "c", {"a": "x\x1fy"}), ("s", "m", "c", {"a": "x y"})),
        (("s", "m", "c", {"a": "\\s"}), ("s", "m", "c", {"a": "\x1f"})),
        (("s", "m", "c", {"a": ""}), ("s", "m", "c", {})),
        (("s\x1fm", "c", "d", {}), ("s", "m", "c\x1fd", {})),
        (("s", "m", "c", {}), ("S", "m", "c", {})),
    ],
)
def test_two_faults_are_two(
    one: tuple[str, str, str, dict[str, str]], two: tuple[str, str, str, dict[str, str]]
) -> None:
    assert ticket_fingerprint(*one) != ticket_fingerprint(*two)


def test_an_unknown_error_is_product_and_template() -> None:
    assert template_fingerprint("clinic", "no bill <*>") == "7f8ffaf9b08b60478d37d5e3365a9aae"
    assert len({template_fingerprint(*pair) for pair in [("a", "b"), ("a", "c"), ("ab", ""), ("a\x1fb", "")]}) == 4

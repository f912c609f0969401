from __future__ import annotations

import pytest

from collector.auth.errors import AccountRefused
from collector.auth.names import PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, password_text, user_name


@pytest.mark.parametrize("name", ["jh", "J.H-2_x", "jh@example.kr", "김재현", "王小明", "x" * 64])
def test_names_that_people_have(name: str) -> None:
    assert user_name(name) == name


def test_one_look_is_one_name() -> None:
    assert user_name("\u1100\u1175\u11b7") == "김"


@pytest.mark.parametrize(
    "name",
    ["", " jh", "a b", "a\tb", "a\x1b[0m", "a\u200bb", "\u202ejh", "x" * 65, "a/../b", "<b>", "COLLECTOR", "agent"],
)
def test_names_that_mislead(name: str) -> None:
    with pytest.raises(AccountRefused):
        user_name(name)


def test_passwords_have_two_ends() -> None:
    assert password_text("x" * PASSWORD_CHARS_MIN)
    assert password_text("\u1100\u1175\u11b7" * 10) == "김" * 10
    for typed in ("x" * (PASSWORD_CHARS_MIN - 1), "x" * (PASSWORD_CHARS_MAX + 1), ""):
        with pytest.raises(AccountRefused):
            password_text(typed)

"""E-mail addresses."""

from __future__ import annotations

import pytest

from agent.redaction.addresses import Email


@pytest.mark.parametrize("text", ["kim@his.example", "<Kim.Lee+x@mail.his.example>", "메일 kim@병원.한국 로"])
def test_addresses(text: str) -> None:
    assert len(list(Email().find(text))) == 1


@pytest.mark.parametrize("text", ["root@localhost", "@interface", "a@b", "git@github", "x @ y.example"])
def test_look_alikes(text: str) -> None:
    assert list(Email().find(text)) == []


def test_capitals_are_the_same_person() -> None:
    [found] = Email().find("KIM@HIS.EXAMPLE")
    assert found.value == "kim@his.example"

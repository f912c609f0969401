"""The section `budgets:`: the customer's allowances."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.settings.budgets import BudgetSettings
from agent.settings.reading import parse_settings
from wire.errors import TextRefused


def read(section: str, folder: Path) -> BudgetSettings:
    return parse_settings(f"collector: http://127.0.0.1:1\n{section}".encode(), folder).settings.budgets


def test_without_the_section_the_agent_is_a_small_guest(tmp_path: Path) -> None:
    found = read("", tmp_path)
    assert (found.cpu_percent, found.bytes_per_hour, found.events_per_hour) == (0.5, 20_000_000, 36_000)


def test_an_allowance_is_changed_or_taken_away(tmp_path: Path) -> None:
    found = read("budgets: {cpu_percent: null, events_per_hour: 500}\n", tmp_path)
    assert (found.cpu_percent, found.events_per_hour) == (None, 500)


@pytest.mark.parametrize("section", ["{cpu_percent: 0}", "{bytes_per_hour: 10}", "{events: 5}", "{events_per_hour: x}"])
def test_nonsense_is_refused_with_its_place(section: str, tmp_path: Path) -> None:
    with pytest.raises(TextRefused) as refused:
        read(f"budgets: {section}\n", tmp_path)
    assert refused.value.faults[0].line == 2

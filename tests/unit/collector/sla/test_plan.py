"""Plans of service: the defaults of the design, files, and what may pause a clock."""

from __future__ import annotations

import pytest

from collector.sla.history import ALL_REASONS, LEVEL_1_REASONS, PauseReason
from collector.sla.plan import DEFAULT_PLAN, LEVELS, Metric, pausing_of, plan_yaml, read_plan
from wire.errors import TextRefused


def test_the_defaults_are_those_of_the_design() -> None:
    promised = {(level, metric.value): text for level, metric, text in DEFAULT_PLAN.texts()}
    assert promised[1, "restore"] == "4h-elapsed"
    assert promised[3, "resolve"] == "8h"
    assert promised[4, "resolve"] == "3bd"
    assert (4, "restore") not in promised
    assert len(DEFAULT_PLAN.targets) == 11


def test_a_plan_survives_its_file() -> None:
    assert read_plan(plan_yaml(DEFAULT_PLAN)) == DEFAULT_PLAN


@pytest.mark.parametrize("wrong", ["8 hours", "0h", "1.5bd"])
def test_a_wrong_target_is_told_with_its_line(wrong: str) -> None:
    text = plan_yaml(DEFAULT_PLAN).replace("3bd", wrong)
    with pytest.raises(TextRefused) as refused:
        read_plan(text)
    [fault] = refused.value.faults
    assert text.splitlines()[fault.line - 1].startswith("level_4")


def test_what_pauses_a_clock() -> None:
    for level in LEVELS:
        assert pausing_of(level, Metric.FIRST_RESPONSE) == frozenset()
        assert pausing_of(level, Metric.RESOLVE) == ALL_REASONS
        assert pausing_of(level, Metric.RESTORE) == (LEVEL_1_REASONS if level == 1 else ALL_REASONS)
    assert PauseReason.CUSTOMER_INFO not in LEVEL_1_REASONS

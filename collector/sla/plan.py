"""A plan of service: what is promised for each fault level, and what may pause it. Pure.

Whatever the plan says, the first response never pauses, and the restoring of a level 1 fault pauses only when the
customer declines access or for force majeure.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
from typing import Annotated

import msgspec
import yaml
from msgspec import Meta, Struct

from collector.sla.clock import Target, TargetRefused, read_target
from collector.sla.history import ALL_REASONS, LEVEL_1_REASONS, PauseReason
from wire.catalogue.model import Texts
from wire.errors import Fault, TextRefused
from wire.fields import Name
from wire.sentence import Sentence
from wire.yaml_text import mark_of, read_placed

LEVELS = (1, 2, 3, 4)

TargetText = Annotated[str, Meta(min_length=2, max_length=40)]


class Metric(StrEnum):
    """What a clock measures."""

    FIRST_RESPONSE = "first_response"
    RESTORE = "restore"
    RESOLVE = "resolve"


class Promise(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Targets of one level, as `8h`, `12h-elapsed`, `3bd`; what is left out is not promised."""

    first_response: TargetText | None = None
    restore: TargetText | None = None
    resolve: TargetText | None = None


class Plan(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, dict=True, omit_defaults=True):
    """The whole file."""

    plan: Name
    title: Texts
    level_1: Promise
    level_2: Promise
    level_3: Promise
    level_4: Promise

    @cached_property
    def targets(self) -> dict[tuple[int, Metric], Target]:
        """What is promised."""
        return {(level, metric): read_target(text) for level, metric, text in self.texts()}

    def texts(self) -> Iterator[tuple[int, Metric, str]]:
        """The promises as they are written."""
        for level in LEVELS:
            promise = getattr(self, f"level_{level}")
            for metric in Metric:
                text = getattr(promise, metric.value)
                if text is not None:
                    yield level, metric, text


DEFAULT_PLAN = Plan(
    plan="default",
    title=Texts(en="Usual service", ko="기본 서비스", zh="标准服务"),
    level_1=Promise(first_response="0.25h-elapsed", restore="4h-elapsed", resolve="24h-elapsed"),
    level_2=Promise(first_response="0.5h-elapsed", restore="8h-elapsed", resolve="48h-elapsed"),
    level_3=Promise(first_response="1h", restore="8h", resolve="8h"),
    level_4=Promise(first_response="1h", resolve="3bd"),
)


def pausing_of(level: int, metric: Metric) -> frozenset[PauseReason]:
    """The reasons that stop a clock."""
    if metric is Metric.FIRST_RESPONSE:
        return frozenset()
    return LEVEL_1_REASONS if (level, metric) == (1, Metric.RESTORE) else ALL_REASONS


def read_plan(text: str | bytes) -> Plan:
    """The plan in a file; `TextRefused` with line and column of every fault."""
    plan, marks = read_placed(text, Plan)
    faults = []
    for level, metric, target in plan.texts():
        why = _fault(target)
        if why is not None:
            line, column = mark_of(f"$.level_{level}.{metric.value}", marks)
            faults.append(Fault(line, column, why))
    if faults:
        raise TextRefused(faults)
    return plan


def plan_yaml(plan: Plan) -> str:
    """The file's text."""
    content = msgspec.to_builtins(plan, str_keys=True)
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, default_flow_style=None, width=110)


def _fault(text: str) -> Sentence | None:
    try:
        read_target(text)
    except TargetRefused as refused:
        return refused.why
    return None

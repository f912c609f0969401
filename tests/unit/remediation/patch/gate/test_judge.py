from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from remediation.patch.errors import PatchRefused
from remediation.patch.gate.judge import ERRORS, GateJudge
from remediation.patch.manifest import Gate, Probe


@dataclass
class Product:
    """Answers by the clock: well from `well_from` to `ill_from`; it takes no time to answer."""

    at: float = 0.0
    well_from: float = 0.0
    ill_from: float = 1e9
    dies_at: float = 1e9
    asked: list[float] = field(default_factory=list)
    counts: Callable[[float], int | None] | None = None

    def ask(self, probe: Probe) -> str:
        self.asked.append(self.at)
        return "" if self.well_from <= self.at < self.ill_from else "ill"

    def during(self, seconds: float) -> int | None:
        assert self.counts is not None
        return self.counts(seconds)

    def sleep(self, seconds: float) -> None:
        self.at += seconds

    def judge(self) -> GateJudge:
        return GateJudge(
            self,  # type: ignore[arg-type]
            lambda: ["app"] if self.at >= self.dies_at else [],
            lambda: self.at,
            self.sleep,
            self if self.counts else None,
        )


PROBE = Probe(name="page", kind="tcp", target="127.0.0.1:1", tries=5, good=2, every_s=10)


def test_enough_good_answers_open_the_gate_without_asking_further() -> None:
    product = Product(well_from=10)
    assert product.judge().judge(Gate(probes=[PROBE]), {}) == []
    assert product.asked == [0, 10, 20]


def test_too_few_good_answers_close_it() -> None:
    wrong = Product(well_from=10, ill_from=20).judge().judge(Gate(probes=[PROBE]), {})
    assert wrong == ["page: 1 good answers, 2 are needed; the last problem: ill"]


def test_what_is_well_only_at_first_is_found_after_the_soak() -> None:
    gate = Gate(probes=[PROBE], soak_s=600)
    assert Product(ill_from=300).judge().judge(gate, {})
    assert Product(ill_from=5_000).judge().judge(gate, {}) == []


def test_a_start_that_lied_is_found_without_a_probe() -> None:
    assert Product(dies_at=0).judge().judge(Gate(), {}) == ["app does not run", "app does not run any more"]
    assert Product(dies_at=5).judge().judge(Gate(soak_s=10), {}) != []
    assert Product(dies_at=15).judge().judge(Gate(soak_s=10), {}) == []


def test_what_stood_still_before_may_stand_still() -> None:
    standing = Product(dies_at=0).judge()
    assert standing.judge(Gate(), standing.before(Gate())) == []
    dying = Product(dies_at=5)
    before = dying.judge().before(Gate())
    dying.at = 10
    assert dying.judge().judge(Gate(), before) != []


def test_known_errors_are_compared_with_the_hour_before() -> None:
    gate = Gate(soak_s=1_800, error_factor=2)
    for found, is_open in ((60, True), (61, False)):
        judge = Product(counts=lambda seconds, found=found: 60 if seconds == 3_600 else found).judge()  # type: ignore[misc]
        before = judge.before(gate)
        assert before == {ERRORS: 60.0}
        assert (judge.judge(gate, before) == []) is is_open


def test_nobody_who_counts_is_no_zero() -> None:
    gate = Gate(error_factor=2)
    for product in (Product(), Product(counts=lambda _: None)):
        with pytest.raises(PatchRefused, match="the agent has to run"):
            product.judge().before(gate)
    assert Product(counts=lambda _: None).judge().judge(gate, {ERRORS: 1.0}) == [
        "known errors are not counted any more"
    ]


@pytest.mark.parametrize("probe", [
    Probe(name="a", kind="http", target="http://10.0.0.1/"),
    Probe(name="a", kind="tcp", target="10.0.0.1:80"),
    Probe(name="a", kind="command"),
])  # fmt: skip
def test_a_gate_that_cannot_be_judged_here_is_refused_before_anything(probe: Probe) -> None:
    with pytest.raises(PatchRefused):
        Product().judge().before(Gate(probes=[probe]))

from __future__ import annotations

import pytest

from agent.health.probes.clock import Clock
from tests.builders import NOW
from tests.fakes.probes import bad, readings


@pytest.mark.parametrize(
    ("offset", "is_bad", "words"),
    [(31.0, True, "ahead of"), (-400.0, True, "behind"), (29.0, False, "ahead of"), (0.0, False, "behind")],
)
def test_both_directions(offset: float, is_bad: bool, words: str) -> None:
    probe = Clock(30, lambda: offset)
    assert bool(bad(probe, NOW)) == is_bad
    assert words in readings(probe, NOW)[0].text


def test_before_the_first_exchange_nothing_is_known() -> None:
    assert readings(Clock(30, lambda: None), NOW) == []

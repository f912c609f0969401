from __future__ import annotations

from agent.logs.haul import Haul
from agent.logs.tail import Step


def test_a_haul_adds_up_what_its_files_yield() -> None:
    haul = Haul()
    haul.add(Step(more=True))
    haul.add(Step())
    assert (haul.more, haul.events, haul.gaps, haul.forgotten) == (True, [], [], [])

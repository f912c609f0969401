from __future__ import annotations

import pytest

from agent.health.probe import Reading, reading_of
from wire.catalogue.reading import host_catalogue


@pytest.mark.parametrize(
    ("level", "code"), [(1, "HOST-EXT-0001"), (4, "HOST-EXT-0004"), (0, "HOST-EXT-0001"), (9, "HOST-EXT-0004")]
)
def test_a_probe_from_outside_chooses_a_level(level: int, code: str) -> None:
    assert Reading("", "x", 1, level=level).code == code
    found = host_catalogue().find("HOST", code)
    assert found is not None
    assert found.clears_by == "HOST-EXT-0000"


def test_up_and_down() -> None:
    assert reading_of("HOST-TCP-0001", "x", is_bad=True, text="t").value == 1
    assert reading_of("HOST-TCP-0001", "x", is_bad=False, text="t").value == 0

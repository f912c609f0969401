from __future__ import annotations

from collector.relay.requests.words import OBSTACLE_WORDS
from remediation.trust.obstacles import Obstacle
from wire.limits import CODE_CHARS


def test_every_obstacle_can_cross_the_wire_and_be_told_in_words() -> None:
    assert all(len(obstacle.value) <= CODE_CHARS for obstacle in Obstacle)
    assert set(OBSTACLE_WORDS) == set(Obstacle)

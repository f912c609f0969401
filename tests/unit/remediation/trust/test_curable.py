from __future__ import annotations

from remediation.trust.curable import CURABLE
from remediation.trust.decision import Obstacle

FINAL = {
    Obstacle.MALFORMED,
    Obstacle.UNKNOWN_KIND,
    Obstacle.OTHER_AUDIENCE,
    Obstacle.EXPIRED,
    Obstacle.ENGINEER_EXPIRED,
    Obstacle.ENGINEER_CLASS,
    Obstacle.PARAMETERS,
    Obstacle.DECLINED,
    Obstacle.REVOKED,
    Obstacle.USED_UP,
    Obstacle.OTHER_PATCH,
    Obstacle.NOT_APPLICABLE,
    Obstacle.PATCH_ROOT,
    Obstacle.IRREVERSIBLE,
    Obstacle.REFUSED_BEFORE,
    Obstacle.DRIFT,
    Obstacle.NOT_COLLECTABLE,
}


def test_every_obstacle_is_one_or_the_other() -> None:
    """A new obstacle has to be thought about here."""
    assert set(Obstacle) == CURABLE | FINAL
    assert not CURABLE & FINAL

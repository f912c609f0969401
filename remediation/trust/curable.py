"""Which obstacles time, a further approval or the vendor's next metadata may still cure; all others are final.

A host keeps such a request and tries it again; a collector goes on sending it.
"""

from __future__ import annotations

from typing import Final

from remediation.trust.obstacles import Obstacle

CURABLE: Final = frozenset(
    {
        Obstacle.NO_APPROVAL,
        Obstacle.NOT_ENOUGH_APPROVALS,
        Obstacle.NOT_YET,
        Obstacle.OUTSIDE_WINDOW,
        Obstacle.TIME_NOT_TRUSTED,
        Obstacle.NO_VENDOR_ROOT,
        Obstacle.VENDOR_EXPIRED,
        Obstacle.NO_ENGINEER,
        Obstacle.UNKNOWN_ACTION,
        Obstacle.OTHER_ACTIONS,
        Obstacle.UNKNOWN_PATCH,
        Obstacle.PAYLOAD_MISSING,
        Obstacle.NOT_READY,
        Obstacle.WINDOW_TOO_SHORT,
        Obstacle.OTHER_PATCH_RUNS,
        Obstacle.IN_PROGRESS,
    }
)

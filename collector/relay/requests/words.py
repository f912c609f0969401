"""States of requests, and what hosts say is in the way, as words for people."""

from __future__ import annotations

from types import MappingProxyType

from collector.relay.requests.state import RequestState
from remediation.trust.decision import Obstacle
from wire.sentence import Sentence, sentence

STATE_WORDS = MappingProxyType(
    {
        RequestState.DRAFTED: sentence("not signed yet"),
        RequestState.SENT: sentence("signed and sent"),
        RequestState.DELIVERED: sentence("delivered to the server"),
        RequestState.WAITING: sentence("waiting"),
        RequestState.APPROVED: sentence("approval on its way"),
        RequestState.DONE: sentence("done"),
        RequestState.FAILED: sentence("failed"),
        RequestState.REFUSED: sentence("refused by the server"),
        RequestState.UNKNOWN: sentence("outcome unknown"),
        RequestState.STOPPED: sentence("stopped"),
        RequestState.LAPSED: sentence("time is over"),
    }
)

OBSTACLE_WORDS = MappingProxyType(
    {
        Obstacle.MALFORMED: sentence("the document cannot be read"),
        Obstacle.UNKNOWN_KIND: sentence("the server does not know this kind of document"),
        Obstacle.OTHER_AUDIENCE: sentence("the document is for another server"),
        Obstacle.NOT_YET: sentence("its time has not come yet"),
        Obstacle.EXPIRED: sentence("its time was over"),
        Obstacle.TIME_NOT_TRUSTED: sentence("the server does not trust its clock"),
        Obstacle.NO_VENDOR_ROOT: sentence("the server has no vendor root"),
        Obstacle.VENDOR_EXPIRED: sentence("what the vendor signed has expired"),
        Obstacle.NO_ENGINEER: sentence("no engineer of the roster has signed it"),
        Obstacle.ENGINEER_EXPIRED: sentence("the engineer's key is no longer valid"),
        Obstacle.ENGINEER_CLASS: sentence("this engineer may not ask for actions"),
        Obstacle.UNKNOWN_ACTION: sentence("the server does not know this action"),
        Obstacle.OTHER_ACTIONS: sentence("the server has another version of the actions"),
        Obstacle.PARAMETERS: sentence("the parameters do not fit the action"),
        Obstacle.NOT_COLLECTABLE: sentence("the customer's policy does not let these files be collected"),
        Obstacle.NO_APPROVAL: sentence("the customer has not approved it yet"),
        Obstacle.NOT_ENOUGH_APPROVALS: sentence("a further approval of the customer is needed"),
        Obstacle.OUTSIDE_WINDOW: sentence("the customer's window is closed now"),
        Obstacle.DECLINED: sentence("the customer declined it"),
        Obstacle.REVOKED: sentence("it was revoked"),
        Obstacle.USED_UP: sentence("it has run as often as was approved"),
        Obstacle.UNKNOWN_PATCH: sentence("the server does not know this patch"),
        Obstacle.OTHER_PATCH: sentence("the vendor vouches for another patch of this name"),
        Obstacle.NOT_APPLICABLE: sentence("the patch is not for what is installed there"),
        Obstacle.PATCH_ROOT: sentence("the customer's policy does not let patches change files there"),
        Obstacle.IRREVERSIBLE: sentence("it cannot be taken back, and the customer's policy does not name it"),
        Obstacle.PAYLOAD_MISSING: sentence("the files of the patch are not at the server yet"),
        Obstacle.REFUSED_BEFORE: sentence("this patch failed there before; it needs a new request and approval"),
        Obstacle.DRIFT: sentence("files at the server were changed by somebody else"),
        Obstacle.NOT_READY: sentence("the server is not ready: its backup, a database, or the room on a disk"),
        Obstacle.WINDOW_TOO_SHORT: sentence("the time that is left is too short for applying and taking back"),
        Obstacle.OTHER_PATCH_RUNS: sentence("another patch is being applied there"),
        Obstacle.IN_PROGRESS: sentence("the patch is being applied"),
    }
)


def state_words(state: str) -> Sentence:
    """The state in words; an unknown one as it is."""
    return STATE_WORDS[RequestState(state)] if state in set(RequestState) else sentence("{state}", state=state)


def obstacle_words(obstacle: str) -> Sentence:
    """What is in the way in words; an unknown one as it is."""
    if obstacle in set(Obstacle):
        return OBSTACLE_WORDS[Obstacle(obstacle)]
    return sentence("{obstacle}", obstacle=obstacle)

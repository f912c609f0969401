from __future__ import annotations

from collector.relay.requests.state import RequestState
from collector.relay.requests.words import OBSTACLE_WORDS, STATE_WORDS, obstacle_words, state_words
from remediation.trust.decision import Obstacle


def test_every_state_and_obstacle_has_words() -> None:
    assert set(STATE_WORDS) == set(RequestState)
    assert set(OBSTACLE_WORDS) == set(Obstacle)


def test_what_is_not_known_is_shown_as_it_is() -> None:
    assert str(state_words("burning")) == "burning"
    assert str(obstacle_words("moon")) == "moon"
    assert str(obstacle_words("no_approval")) == "the customer has not approved it yet"

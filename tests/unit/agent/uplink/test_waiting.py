from __future__ import annotations

from collections import deque
from datetime import timedelta

import pytest
from msgspec.structs import replace

from agent.settings.model import Settings
from agent.uplink.patience import COIN_S, COINS
from agent.uplink.waiting import LOOK_S, Waiting
from tests.fakes.agent_parts import an_identity, some_luck
from tests.fakes.collector import Collector, ManualClock
from tests.fakes.waiting_room import Say, WaitingRoom, another_answer, answer, broken, created_at, refusal

SETTINGS = Settings(collector="http://127.0.0.1:1")


class Scene:
    """One agent that waits, on a manual clock."""

    def __init__(self, *says: Say, settings: Settings = SETTINGS) -> None:
        self.clock = ManualClock()
        collector = Collector(self.clock.now)
        self.room = WaitingRoom(collector, self.clock, deque(says))
        self.identity = an_identity(collector)
        self.is_enrolled = self.has_place = True
        self.woken = 0
        self.connections = 0
        self.waiting = Waiting(
            settings,
            connect=self._connect,
            identity=lambda: self.identity if self.is_enrolled else None,
            has_place=lambda _: self.has_place,
            luck=some_luck(self.clock),
            on_due=self._wake,
        )

    def _connect(self, settings: Settings) -> WaitingRoom:
        self.connections += 1
        return self.room

    def _wake(self) -> None:
        self.woken += 1

    def run(self, seconds: float) -> None:
        """Turns until so much time has passed; each turn must ask or say how long to wait."""
        end = self.clock.seconds + seconds
        while self.clock.seconds < end:
            asked = len(self.room.asked)
            pause_s = self.waiting.turn()
            assert pause_s > 0 or len(self.room.asked) > asked, "a turn that did nothing"
            self.clock.pass_time(pause_s)


def test_what_is_due_causes_a_report() -> None:
    scene = Scene(answer(due=False), answer(due=True, after_s=3), answer(due=False))
    scene.waiting.turn()
    assert (scene.woken, scene.clock.seconds) == (0, 55)
    scene.waiting.turn()
    assert scene.woken == 1
    scene.run(600)
    assert scene.woken == 1
    assert {for_s for _, for_s in scene.room.asked[1:]} == {50}
    assert scene.connections == 1


@pytest.mark.parametrize(
    "say", [answer(due=True, after_s=0, by_stranger=True), another_answer, refusal(200), refusal(302), refusal(500)]
)
def test_what_the_collector_has_not_signed_for_this_question_wakes_nobody(say: Say) -> None:
    scene = Scene(say)
    scene.run(3_600)
    assert scene.woken == 0
    assert 5 < len(scene.room.asked) < 60


def test_a_collector_that_always_says_now_causes_a_bounded_number_of_reports() -> None:
    scene = Scene(answer(due=True, after_s=0))
    scene.run(3_600)
    assert scene.woken <= COINS + 3_600 / COIN_S
    assert scene.woken > 100  # the control: it does obey, at that rate


def test_without_identity_place_or_wish_nothing_is_asked() -> None:
    scene = Scene(answer(due=False))
    scene.is_enrolled = False
    assert scene.waiting.turn() == LOOK_S
    scene.is_enrolled, scene.has_place = True, False
    assert scene.waiting.turn() == LOOK_S
    assert Scene(answer(due=False), settings=replace(SETTINGS, wait=False)).waiting.turn() == LOOK_S
    assert scene.room.asked == []
    scene.has_place = True
    scene.waiting.turn()
    assert len(scene.room.asked) == 1


def test_without_a_place_at_the_collector_it_comes_back_when_told() -> None:
    scene = Scene(refusal(503, "no_place", retry_after="60"), answer(due=False))
    scene.run(200)
    assert scene.room.asked[1][0] >= 60


def test_a_collector_that_knows_no_waiting_is_left_alone() -> None:
    scene = Scene(refusal(404))
    scene.run(3_600)
    assert len(scene.room.asked) <= 9


def test_a_proxy_that_cuts_is_learned() -> None:
    scene = Scene(broken(after_s=30), broken(after_s=30), answer(due=False))
    scene.run(600)
    assert [for_s for _, for_s in scene.room.asked[:3]] == [55, 55, 24]


def test_a_gateway_that_gives_up_is_learned_too() -> None:
    def gateway(room: WaitingRoom, for_s: float, sequence: str) -> object:
        room.clock.pass_time(20)
        return refusal(504)(room, for_s, sequence)

    scene = Scene(gateway, gateway, answer(due=False))  # type: ignore[arg-type]
    scene.run(600)
    assert scene.room.asked[2][1] == 16


def test_one_cut_is_no_lesson() -> None:
    scene = Scene(broken(after_s=10), answer(due=False))
    scene.run(600)
    assert {for_s for _, for_s in scene.room.asked[2:]} == {50}


def test_a_clock_that_is_off_is_corrected_once() -> None:
    scene = Scene(refusal(401, "clock_skew", clock=True), answer(due=True, after_s=1))
    scene.waiting.turn()
    scene.waiting.turn()
    assert abs(created_at(scene.room) - scene.clock.now() - timedelta(hours=1)) < timedelta(seconds=5)
    assert scene.woken == 1


def test_a_clock_that_stays_off_backs_off() -> None:
    scene = Scene(refusal(401, "clock_skew", clock=True))
    scene.run(3_600)
    assert len(scene.room.asked) < 100


def test_a_revoked_agent_asks_seldom() -> None:
    scene = Scene(refusal(403))
    scene.run(3_600)
    assert len(scene.room.asked) <= 25


def test_another_collector_in_the_settings_ends_the_wait_and_what_was_learned() -> None:
    scene = Scene(refusal(404), answer(due=False))
    scene.waiting.turn()
    scene.waiting.change_settings(replace(SETTINGS, products=["his"]))
    assert scene.room.hung_up == 0
    scene.waiting.change_settings(replace(SETTINGS, collector="http://127.0.0.1:2"))
    assert (scene.room.hung_up, scene.waiting.turn()) == (1, 0)
    assert (len(scene.room.asked), scene.room.closed, scene.connections) == (2, 1, 2)


def test_another_identity_begins_anew() -> None:
    scene = Scene(refusal(403), answer(due=False))
    scene.waiting.turn()
    assert scene.waiting.turn() > 100
    scene.identity = an_identity(scene.room.collector, "a2")
    scene.waiting.turn()
    assert len(scene.room.asked) == 2

from __future__ import annotations

from datetime import timedelta

import pytest

from collector.fleet.lives.policy import RETURNS_TOLERATED, Epochs, Found, Interruption, Life, heard_in, live_on
from tests.builders import NOW, a_health
from wire.lives import Ending, EndingCause
from wire.messages import Health

LOST = NOW - timedelta(minutes=10)
NO_SKEW = timedelta()


def words(cause: EndingCause, boot_id: str = "b1", session: int = 1) -> Ending:
    return Ending(at=LOST, boot_id=boot_id, session=session, cause=cause)


def sample(boot_id: str = "b1", session: int = 1, **fields: object) -> Health:
    return a_health(boot_id=boot_id, session=session, **fields)


@pytest.mark.parametrize("is_missed", [True, False])
@pytest.mark.parametrize(
    ("ending", "after", "what"),
    [
        (None, ("b1", 2), Interruption.AGENT_CRASHED),
        (EndingCause.STOPPED, ("b1", 2), Interruption.AGENT_STOPPED),
        (EndingCause.REBOOT, ("b1", 2), Interruption.AGENT_STOPPED),
        (EndingCause.SHUTDOWN, ("b1", 2), Interruption.AGENT_STOPPED),
        (None, ("b2", 2), Interruption.HOST_CRASHED),
        (None, ("b2", 1), Interruption.HOST_CRASHED),
        (EndingCause.STOPPED, ("b2", 2), Interruption.AGENT_STOPPED),
        (EndingCause.REBOOT, ("b2", 2), Interruption.REBOOT),
        (EndingCause.SHUTDOWN, ("b2", 2), Interruption.SHUTDOWN),
    ],
)
def test_what_it_was(
    *, ending: EndingCause | None, after: tuple[str, int], what: Interruption, is_missed: bool
) -> None:
    lost_at = LOST if is_missed else None
    life = Life("b1", 1, words(ending) if ending else None, lost_at)
    passage = live_on(life, [sample(*after)], NO_SKEW)
    assert passage.found == (Found(what, lost_at),)
    assert passage.life == Life(*after)


def test_last_words_that_come_late_with_the_batch_of_the_next_start_count() -> None:
    records: list[Health | Ending] = [words(EndingCause.REBOOT), sample("b2", 2)]
    assert live_on(Life("b1", 1), records, NO_SKEW).found == (Found(Interruption.REBOOT, None),)


def test_last_words_of_another_start_explain_nothing() -> None:
    life = Life("b1", 2, words(EndingCause.REBOOT, session=1))
    assert life.words is None
    assert live_on(life, [sample("b2", 3)], NO_SKEW).found[0].what is Interruption.HOST_CRASHED


def test_a_link_is_back_with_the_first_sample_taken_while_nothing_was_heard() -> None:
    life = Life("b1", 1, lost_at=LOST)
    before = live_on(life, [sample(sampled_at=LOST)], NO_SKEW)
    assert (before.found, before.life) == ((), life), "taken before the host was missed: says nothing"
    after = live_on(life, [sample(sampled_at=LOST + timedelta(seconds=1))], NO_SKEW)
    assert after.found == (Found(Interruption.LINK, LOST),)
    assert after.life == Life("b1", 1)
    assert live_on(after.life, [sample()], NO_SKEW).found == (), "told once"


def test_a_clock_that_is_ahead_makes_no_link_of_an_old_sample() -> None:
    life = Life("b1", 1, lost_at=LOST)
    ahead = timedelta(hours=1)
    assert live_on(life, [sample(sampled_at=LOST + ahead)], ahead).found == ()
    assert live_on(life, [sample(sampled_at=LOST + ahead + timedelta(seconds=1))], ahead).found != ()


def test_link_and_crash_in_one_silence_are_both_found() -> None:
    life = Life("b1", 1, lost_at=LOST)
    found = live_on(life, [sample(sampled_at=NOW), sample("b2", 2)], NO_SKEW).found
    assert found == (Found(Interruption.LINK, LOST), Found(Interruption.HOST_CRASHED, None))


def test_the_first_sample_ever_interrupts_nothing() -> None:
    assert live_on(Life(), [sample()], NO_SKEW).found == ()


def test_an_agent_that_does_not_number_its_starts_tells_boots_apart() -> None:
    assert live_on(Life("b1", 0), [sample("b1", 4)], NO_SKEW).found == ()
    assert live_on(Life("b1", 4), [sample("b1", 0)], NO_SKEW).found == ()
    assert live_on(Life("b1", 0), [sample("b2", 0)], NO_SKEW).found[0].what is Interruption.HOST_CRASHED


def test_an_epoch_that_comes_back_is_another_machine() -> None:
    epochs = heard_in(Epochs(), "a", is_first=True)
    epochs = heard_in(epochs, "a", is_first=False)
    epochs = heard_in(epochs, "b", is_first=True)
    assert epochs == Epochs("b", 0), "a restored machine begins anew, once"
    for turn in range(1, RETURNS_TOLERATED + 2):
        assert not epochs.is_clone
        epochs = heard_in(epochs, "ab"[(turn - 1) % 2], is_first=False)
        assert epochs.returns == turn
    assert epochs.is_clone


def test_agents_from_before_epochs_were_kept_return_from_nowhere() -> None:
    assert heard_in(Epochs(), "a", is_first=False) == Epochs("a", 0)

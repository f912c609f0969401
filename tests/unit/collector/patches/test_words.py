"""Every state and reason has its words."""

from __future__ import annotations

import pytest

from collector.patches.applicability import Applicability, Reason, Verdict
from collector.patches.model import Progress
from collector.patches.words import PROGRESS_WORDS, STATE_WORDS, reason_words


def test_every_state_and_progress_has_words() -> None:
    assert set(STATE_WORDS) == set(Applicability)
    assert set(PROGRESS_WORDS) == set(Progress)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_words(reason: Reason) -> None:
    assert str(reason_words(Verdict(Applicability.BLOCKED, reason, "it")))


def test_what_is_missing_stands_in_them() -> None:
    words = reason_words(Verdict(Applicability.BLOCKED, Reason.REQUIRES, "his-1.9"))
    assert str(words) == "needs the patch his-1.9 first"
    assert reason_words(Verdict(Applicability.INSTALLED)) is None

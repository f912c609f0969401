from __future__ import annotations

import pytest

from deploy.lab.waiting import wait_until


def test_it_waits_until_it_holds() -> None:
    turns = iter([False, False, True])
    wait_until(lambda: next(turns), "the third turn", 5.0)
    assert next(turns, "over") == "over"


def test_at_the_deadline_it_says_for_what_it_waited() -> None:
    with pytest.raises(AssertionError, match=r"not in 0.05 s: the moon"):
        wait_until(lambda: False, "the moon", 0.05)

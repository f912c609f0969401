"""The whole product of statuses and acts, against the table that design and this file state on their own."""

from __future__ import annotations

import itertools

import pytest

from collector.tickets.state import ENDED, LIVE, IllegalAct, TicketAct, TicketStatus, advance

LEGAL = """
new          acknowledge acknowledged | start in_progress | recover recovered | resolve resolved
new          cancel cancelled | merge merged
acknowledged start in_progress | pause pending | recover recovered | resolve resolved
acknowledged cancel cancelled | merge merged
in_progress  acknowledge in_progress | pause pending | recover recovered | resolve resolved
in_progress  cancel cancelled | merge merged
pending      resume in_progress | recover recovered | resolve resolved | cancel cancelled | merge merged
recovered    acknowledge recovered | relapse in_progress | relapse_unseen new | resolve resolved
recovered    cancel cancelled | merge merged
merged       unmerge in_progress
resolved     close closed | reopen in_progress
closed       reopen in_progress
"""


def _expected() -> dict[tuple[str, str], str]:
    found = {}
    for line in LEGAL.strip().splitlines():
        status, _, steps = line.partition(" ")
        for step in steps.split("|"):
            act, after = step.split()
            found[status, act] = after
    return found


@pytest.mark.parametrize(("status", "act"), list(itertools.product(TicketStatus, TicketAct)))
def test_the_whole_product(status: TicketStatus, act: TicketAct) -> None:
    expected = _expected().get((status.value, act.value))
    if expected is None:
        with pytest.raises(IllegalAct):
            advance(status, act)
    else:
        assert advance(status, act).value == expected


def test_every_status_is_live_or_ended_or_out_of_reach() -> None:
    assert LIVE | ENDED | {TicketStatus.CANCELLED, TicketStatus.MERGED} == set(TicketStatus)
    assert not LIVE & ENDED

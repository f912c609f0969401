from __future__ import annotations

from collector.tickets.state import TicketStatus
from collector.tickets.words import STATUS_WORDS


def test_every_status_has_its_own_word() -> None:
    assert set(STATUS_WORDS) == set(TicketStatus)
    assert len({str(words) for words in STATUS_WORDS.values()}) == len(TicketStatus)

"""A ticket waits for the customer and goes on; a breach is excused."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.errors import TicketRefused
from collector.sla.plan import Metric
from collector.tickets import waiting
from tests.fakes.ticket_story import TicketStory, seoul


@pytest.fixture
def story(tmp_path: Path) -> TicketStory:
    return TicketStory(tmp_path)


def test_a_ticket_goes_on_at_the_planned_date_or_when_its_fault_is_seen_again(story: TicketStory) -> None:
    story.fire()
    story.acknowledge()
    story.later(30).pause(until=seoul("2026-11-24T15:00"))
    story.at("2026-11-24T14:59")
    assert story.ticket.status == "pending"
    story.at("2026-11-24T15:00")
    assert story.ticket.status == "in_progress"
    story.pause()
    story.later(5).fire()
    assert story.ticket.status == "in_progress"
    assert story.cycles(Metric.RESOLVE)[-1].cycle.state == "running"
    assert story.differences() == []


def test_waiting_needs_a_reason_a_message_and_for_force_majeure_somebody_else(story: TicketStory) -> None:
    story.fire()
    story.acknowledge()
    for asked in (
        waiting.Waiting("waiting_parts", "words"),
        waiting.Waiting("waiting_customer_info", " "),
        waiting.Waiting("force_majeure", "storm"),
        waiting.Waiting("force_majeure", "storm", approved_by="jh"),
        waiting.Waiting("waiting_customer_info", "words", until=story.now),
    ):
        with pytest.raises(TicketRefused):
            waiting.pause(story.store, story.number, asked, actor="jh", now=story.now)
    story.pause("force_majeure", approved="sy")
    assert story.ticket.status == "pending"


def test_a_breach_is_excused_and_stays_one(story: TicketStory) -> None:
    story.fire()
    with pytest.raises(TicketRefused):
        _excuse(story)
    story.at("2026-11-26T12:00")
    _excuse(story)
    with pytest.raises(TicketRefused):
        _excuse(story)
    [row] = story.rows(Metric.RESOLVE)
    assert (row.breached_at, row.excused_by, row.excuse) == (seoul("2026-11-25T09:30"), "sy", "flood")
    assert story.timeline()[-1] == "clock_excused"
    story.resolve()
    assert story.rows(Metric.RESOLVE)[0].breached_at == seoul("2026-11-25T09:30")


def _excuse(story: TicketStory) -> None:
    waiting.excuse(story.store, story.number, Metric.RESOLVE, 1, actor="sy", reason="flood", now=story.now)

"""The clocks of a ticket as they are shown."""

from __future__ import annotations

from pathlib import Path

from collector.sla.plan import Metric
from collector.tickets.clocks.reading import clocks_of, explained, explanation_view
from tests.fakes.ticket_story import TicketStory, seoul


def test_an_explanation_names_what_counted_and_adds_up(tmp_path: Path) -> None:
    story = TicketStory(tmp_path, start="2026-02-13T16:00")
    story.fire()
    with story.store.reading() as connection:
        clocks = clocks_of(connection, story.ticket.id, story.now)
        assert clocks_of(connection, 999, story.now) == []
    assert [clock.metric for clock in clocks] == list(Metric)
    why = explained(clocks[-1].newest, story.now)
    assert why.until == seoul("2026-02-19T15:30")
    assert sum(each.seconds for each in why.explanation.counted) == 8 * 3_600
    [cycle] = explanation_view(story.number, clocks, story.now)["clocks"][-1]["cycles"]
    assert cycle["due"] == "2026-02-19T15:30:00+09:00"
    assert [day["date"] for day in cycle["days"] if day["kind"] == "holiday"] == [
        "2026-02-16",
        "2026-02-17",
        "2026-02-18",
    ]


def test_while_it_waits_the_explanation_ends_now(tmp_path: Path) -> None:
    story = TicketStory(tmp_path)
    story.fire()
    story.acknowledge()
    story.pause()
    story.later(30)
    view = story.cycles(Metric.RESOLVE)[-1]
    assert explained(view, story.now).until == story.now

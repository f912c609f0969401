from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from collector.tickets.search.model import EventRecord, TicketList, TimelineEntry
from collector.tickets.view import entry_view, event_view, instant, list_view, texts
from wire.catalogue.model import Texts

NOW = datetime(2026, 11, 24, 1, 0, 0, 5, tzinfo=UTC)


def test_instants_are_utc_with_microseconds_and_sort_as_text() -> None:
    assert instant(NOW) == "2026-11-24T01:00:00.000005Z"
    assert instant(NOW.astimezone(timezone(timedelta(hours=9)))) == instant(NOW)
    assert instant(None) is None
    later = instant(NOW + timedelta(microseconds=1))
    assert str(later) > str(instant(NOW))


def test_texts_say_what_is_missing() -> None:
    assert texts(Texts(en="a", ko="b")) == {"en": "a", "ko": "b", "zh": None}


def test_an_event_whose_body_is_lost_keeps_its_columns() -> None:
    record = EventRecord(
        id=1,
        event_id="e",
        hostname=None,
        code="C",
        level=1,
        status="ok",
        occurred_at=NOW,
        received_at=NOW,
        count=3,
        event=None,
    )
    shown = event_view(record)
    assert (shown["code"], shown["count"], shown["status"]) == ("C", 3, "ok")
    assert {shown[name] for name in ("text", "line", "source", "host")} == {None}


def test_entries_and_lists_have_their_keys() -> None:
    entry = TimelineEntry(id=7, at=NOW, actor="jh", kind="commented", detail={"text": "x"})
    assert entry_view(entry) == {
        "id": 7,
        "at": instant(NOW),
        "actor": "jh",
        "kind": "commented",
        "detail": {"text": "x"},
    }
    assert list_view(TicketList([], 9, more=True)) == {"tickets": [], "cursor": 9, "more": True}

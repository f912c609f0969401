from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collector.relay.requests import drafts, repository, tracking
from collector.relay.requests.drafts import DraftRefused
from collector.relay.requests.model import RequestRecord
from collector.relay.requests.state import RequestState
from collector.store.database import Store
from tests.fakes.seeded_console import NOW, Seeds, open_store
from tests.fakes.vendor import FakeVendor


class Ticket:
    """A ticket of one host of two, at a site of two, with a vendor's folder."""

    def __init__(self, folder: Path) -> None:
        vendor = FakeVendor(folder)
        vendor.publish()
        self.vendor = vendor.out
        self.store: Store = open_store(folder / "c.db")
        seeds = Seeds(self.store)
        seeds.site()
        self.host, self.other = seeds.host(), seeds.host(hostname="his-db-01")
        seeds.site("busan", "Busan")
        self.stranger = seeds.host("busan")
        self.number = seeds.ticket(agent_id=self.host)
        seeds.set_ticket(self.number, product="his")
        self.numbers = itertools.count(1)

    def draft(self, **change: Any) -> str:
        values: dict[str, Any] = {
            "vendor": self.vendor, "action": "restart-service", "parameters": {}, "hosts": [self.host],
            "reason": " it hangs ", "actor": "jh", "new_secret": lambda: f"{next(self.numbers):032x}", "now": NOW,
        }  # fmt: skip
        return drafts.add_draft(self.store, change.pop("number", self.number), **values | change)

    def record(self, draft: str) -> RequestRecord:
        with self.store.reading() as connection:
            found = repository.find_request(connection, draft)
        assert found is not None
        return found

    def told(self) -> list[str]:
        with self.store.reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT json_extract(detail, '$.state') FROM ticket_event WHERE kind='requested' ORDER BY id"
            )
            return [row[0] for row in rows]


@pytest.fixture
def ticket(tmp_path: Path) -> Iterator[Ticket]:
    made = Ticket(tmp_path)
    yield made
    made.store.close()


def test_a_draft_is_kept_and_told(ticket: Ticket) -> None:
    record = ticket.record(ticket.draft())
    assert (record.is_draft, record.asked.reason, record.asked.hosts) == (True, "it hangs", [ticket.host])
    assert record.not_after == NOW + drafts.DRAFT
    assert ticket.told() == ["drafted"]


def test_what_no_host_would_run_is_not_kept(ticket: Ticket) -> None:
    wrong: list[dict[str, Any]] = [
        {"action": "format-disk"},
        {"parameters": {"service": "x"}},
        {"hosts": []},
        {"hosts": [ticket.stranger]},
        {"reason": "  "},
        {"reason": "r" * 501},
        {"number": "2020-1"},
        {"vendor": Path("/nowhere")},
    ]
    for change in wrong:
        with pytest.raises(DraftRefused):
            ticket.draft(**change)
    assert ticket.told() == []


def test_no_more_drafts_than_people_read(ticket: Ticket) -> None:
    for _ in range(drafts.DRAFTS):
        ticket.draft()
    with pytest.raises(DraftRefused):
        ticket.draft()


def test_a_draft_is_dropped_by_people_and_by_time(ticket: Ticket) -> None:
    first, second = ticket.draft(), ticket.draft()
    drafts.discard(ticket.store, ticket.number, first, actor="sy", now=NOW)
    with pytest.raises(DraftRefused):
        drafts.discard(ticket.store, ticket.number, first, actor="sy", now=NOW)
    with pytest.raises(DraftRefused):
        drafts.discard(ticket.store, "2020-1", second, actor="sy", now=NOW)
    assert tracking.lapse(ticket.store, NOW + drafts.DRAFT - timedelta(seconds=1)) == 0
    assert tracking.lapse(ticket.store, NOW + drafts.DRAFT) == 1
    assert tracking.lapse(ticket.store, NOW + drafts.DRAFT) == 0
    assert ticket.record(first).hosts[0].state is RequestState.STOPPED
    assert ticket.record(second).hosts[0].state is RequestState.LAPSED
    assert ticket.told() == ["drafted", "drafted", "stopped", "lapsed"]


def test_the_ticket_s_own_hosts_come_first(ticket: Ticket) -> None:
    from collector.tickets.search import repository as tickets

    with ticket.store.reading() as connection:
        found = tickets.find_ticket(connection, ticket.number)
        assert found is not None
        choice = drafts.choice_for(connection, found, ticket.vendor)
    assert list(choice.hosts) == [ticket.host, ticket.other]
    assert choice.named == {ticket.host}

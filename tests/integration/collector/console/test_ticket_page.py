"""What a ticket's page tells beside the fault: what to do, what was not seen meanwhile, how bad a person finds it."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

import httpx
import msgspec

from collector.console.repository import gaps_of
from collector.fleet import repository as fleet
from collector.parts import Parts
from tests.fakes.seeded_console import Seeds
from wire.catalogue.model import Catalogue

ENGLISH = {"accept-language": "en"}


class Console(Protocol):
    parts: Parts
    seeds: Seeds

    def logged_in(self, name: str = "jh") -> httpx.Client: ...
    def csrf(self, client: httpx.Client) -> str: ...


def page(client: httpx.Client, number: str) -> str:
    return client.get(f"/tickets/{number}", headers=ENGLISH).text


def test_advice_of_the_coding_file_stands_on_the_ticket(console: Console) -> None:
    error = {"code": "ADV-1", "level": 3, "title": {"en": "T"}, "advice": {"en": "Empty the <print> queue."}}
    module = {"code": "ADVISED", "name": {"en": "M"}, "errors": [error]}
    catalogue = msgspec.convert({"product": "advised", "version": "1", "modules": [module]}, type=Catalogue)
    with console.parts.store.writing() as connection:
        fleet.save_catalogue(connection, catalogue, console.parts.now())
    told, other = (console.seeds.ticket(code=code) for code in ("ADV-1", "ADV-2"))
    for number in (told, other):
        console.seeds.set_ticket(number, product="advised", module="ADVISED")
    with console.logged_in() as client:
        assert "Empty the &lt;print&gt; queue." in page(client, told)
        assert 'id="h-advice"' not in page(client, other)


def test_gaps_of_the_time_of_the_ticket_stand_on_it(console: Console) -> None:
    console.seeds.site("gappy", "Gappy")
    agent = console.seeds.host("gappy", "gappy-1")
    console.seeds.gap("gappy", agent, source="/var/log/gappy.log")
    number = console.seeds.ticket("gappy", began=console.parts.now() - timedelta(hours=9))
    with console.logged_in() as client:
        part = page(client, number).split('id="h-gap"')[1].split("</section>")[0]
        assert "/var/log/gappy.log" in part
        with console.parts.store.reading() as connection:
            [gap] = gaps_of(connection, "gappy")
        begun = gap.noticed_at - timedelta(hours=9)
        console.seeds.set_ticket(
            number, first_event_at=begun, resolved_at=begun + timedelta(hours=1), status="resolved"
        )
        assert 'id="h-gap"' not in page(client, number), "the control: it was over hours before"
        begun = gap.noticed_at - timedelta(hours=2)  # in the middle of the gap, which was noticed after the end
        console.seeds.set_ticket(number, first_event_at=begun, resolved_at=begun + timedelta(minutes=30))
        part = page(client, number).split('id="h-gap"')[1].split("</section>")[0]
        assert ("from byte 1,234,567" in part, "4.1 MB" in part, part.count("<time")) == (True, True, 3)


def test_a_person_sets_the_level(console: Console) -> None:
    number = console.seeds.ticket(level=2)
    with console.logged_in() as client:
        form = {"level": "4", "note": "one of twelve", "csrf": console.csrf(client)}
        assert client.post(f"/tickets/{number}/level", data=form).status_code == 303
        shown = page(client, number)
        assert "lowered the level from 2 to 4" in shown
        assert "one of twelve" in shown
        for wrong in ("5", "", "x", "²"):
            answer = client.post(f"/tickets/{number}/level", data={**form, "level": wrong}, headers=ENGLISH)
            assert answer.status_code == 409
            assert "a level is a number from 1 to 4" in answer.text

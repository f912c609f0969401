"""Stack traces through real files: written in pieces, each is one event that says how it ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.logs import Site
from tests.fakes.traces import TRACES
from wire.messages import Event, RecordEnd

CATALOGUE = """product: his
version: "1"
modules:
  - code: ALL
    name: {en: All}
    errors: [{code: ANY, level: 3, title: {en: t}, match: [{regex: '(?P<all>.)'}]}]
"""


def a_site(folder: Path, **source: object) -> Site:
    (folder / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    site = Site(folder, **source)
    site.write(b"")
    site.read()
    return site


def told(events: list[Event]) -> list[str]:
    """Every text that was sent; equal codes of one turn are one event with samples."""
    return [text for event in events for text in (event.text, *event.samples)]


@pytest.mark.parametrize("language", list(TRACES))
@pytest.mark.parametrize("piece_bytes", [37, 400])
def test_each_trace_is_one_record_however_it_is_written(language: str, piece_bytes: int, tmp_path: Path) -> None:
    site = a_site(tmp_path, record=language)
    text = "".join(f"{record}\n" for record in TRACES[language]).encode()
    events: list[Event] = []
    for at in range(0, len(text), piece_bytes):
        site.write(text[at : at + piece_bytes])
        events += site.read()
        site.sleep(0.05)  # less than the silence that ends a record
    assert {event.ended_by for event in events} == {RecordEnd.NEXT}
    site.sleep(1)
    last = site.read()
    assert [event.ended_by for event in last] == [RecordEnd.SILENCE]
    assert sum(event.count for event in events) + 1 == len(TRACES[language])
    assert [text for text in told([*events, *last]) if text not in TRACES[language]] == []


def test_without_the_rule_the_same_file_is_in_pieces(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    site.write("".join(f"{record}\n" for record in TRACES["java"]))
    assert sum(event.count for event in site.read()) > 2 * len(TRACES["java"])


def test_a_trace_without_end_ends_by_its_size(tmp_path: Path) -> None:
    site = a_site(tmp_path, record="java")
    site.write("java.lang.StackOverflowError\n" + "\tat com.example.his.Loop.turn(Loop.java:3)\n" * 600)
    assert [event.ended_by for event in site.read()] == [RecordEnd.SIZE]
    site.sleep(1)
    assert [event.ended_by for event in site.read()] == [RecordEnd.SILENCE]

from __future__ import annotations

from agent.inventory import SOURCES_CHARS, take_inventory, watched_files
from agent.release import VERSION
from wire.catalogue.reading import host_catalogue
from wire.limits import BATCH_PLAIN_BYTES
from wire.messages import EXAMPLE_TIME, Inventory, SourceState, decode_record, encode_record


def an_inventory(sources: list[SourceState]) -> Inventory:
    return take_inventory(
        hostname="h", os="o", kernel="k", catalogues={"x": host_catalogue()}, sources=sources, now=EXAMPLE_TIME
    )


def test_it_says_what_is_watched() -> None:
    inventory = an_inventory([SourceState(path="/a", position=1)])
    assert inventory.agent_version == VERSION
    assert inventory.catalogues == {"host": host_catalogue().version}
    assert decode_record(encode_record(inventory)) == inventory


def test_however_many_files_it_fits_into_a_batch() -> None:
    sources = [SourceState(path=f"/{'x' * 300}/{number}", position=0, problem="y" * 5_000) for number in range(5_000)]
    inventory = an_inventory(sources)
    raw = encode_record(inventory)
    assert 0 < len(inventory.sources) < 5_000
    assert len(raw) < min(BATCH_PLAIN_BYTES, SOURCES_CHARS * 2)
    assert decode_record(raw) == inventory


def test_a_number_that_grows_is_no_news_but_another_problem_is() -> None:
    grown = [SourceState(path="/a", position=1, problem="8 bytes are not utf-8")]
    more = [SourceState(path="/a", position=9, problem="99 bytes are not utf-8")]
    other = [SourceState(path="/a", position=9, problem="gone")]
    assert watched_files(grown) == watched_files(more) != watched_files(other)

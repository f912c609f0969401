"""What a catalogue says about codes, and which alerts a clearing event means."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from collector.tickets.codebook import Codebook, identity_of, is_cleared
from tests.builders import an_event
from wire.catalogue.model import Catalogue, ErrorCode, Module, Texts

CATALOGUE = Catalogue(
    product="clinic",
    version="1",
    modules=[
        Module(
            code="billing",
            name=Texts(en="Billing"),
            errors=[
                ErrorCode(code="B-1", level=1, title=Texts(en="Stuck"), clears_by="B-OK", identity=["queue"]),
                ErrorCode(code="B-OK", level=4, title=Texts(en="Free")),
            ],
        )
    ],
)
BOOK = Codebook([CATALOGUE])


def test_the_level_is_the_catalogue_s_when_it_knows_the_code() -> None:
    assert BOOK.facts(an_event(code="B-1", level=4)).level == 1
    assert BOOK.facts(an_event(code="B-2", level=4)).level == 4
    assert BOOK.facts(an_event(code="B-1", level=4, product="other")).level == 4


def test_a_code_that_clears_and_one_that_is_cleared() -> None:
    assert BOOK.facts(an_event(code="B-1")).clearable
    assert BOOK.facts(an_event(code="B-OK")).clears == ("B-1",)


def test_host_codes_are_built_in() -> None:
    facts = BOOK.facts(an_event(product="host", module="SITE", code="SITE-SILENT", level=4))
    assert (facts.level, facts.kind) == (2, "site_silent")


def test_identity_is_what_the_catalogue_names() -> None:
    event = an_event(code="B-1", identity={"queue": "a", "pid": "7"})
    assert identity_of(event, BOOK.facts(event)) == {"queue": "a"}
    unknown = an_event(code="B-9", identity={"pid": "7"})
    assert identity_of(unknown, BOOK.facts(unknown)) == {"pid": "7"}


@pytest.mark.parametrize(
    ("identity", "said", "fields", "cleared"),
    [
        ({"queue": "a"}, {"queue": "a"}, {}, True),
        ({"queue": "a"}, {"queue": "b"}, {}, False),
        ({"queue": "a"}, {}, {"queue": "b"}, False),
        ({"queue": "a"}, {}, {"queue": "a"}, True),
        ({"queue": "a"}, {}, {}, True),
        ({"host": "h", "mount": "/"}, {"host": "h"}, {}, True),
        ({"host": "h", "mount": "/"}, {"host": "other"}, {}, False),
        ({}, {"queue": "a"}, {}, True),
    ],
)
def test_cleared(identity: dict[str, str], said: dict[str, str], fields: dict[str, str], cleared: bool) -> None:
    assert is_cleared(identity, an_event(code="B-OK", identity=said, fields=fields)) is cleared


def test_the_order_of_versions_is_that_of_the_module_s_product() -> None:
    book = Codebook([replace(CATALOGUE, versions=["spring", "autumn"])])
    assert book.declared("billing") == ("spring", "autumn")
    assert book.declared("SITE") == BOOK.declared("billing") == ()

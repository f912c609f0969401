"""Which kind of ticket opens."""

from __future__ import annotations

from collector.tickets.desk.kinds import kind_of
from tests.fakes.desk_story import about


def test_what_the_collector_notices_itself_has_a_kind_of_its_own() -> None:
    assert kind_of(about("SITE-STORM", module="SITE")) == "storm"
    assert kind_of(about("SITE-OVERFLOW", module="SITE")) == "overflow"
    assert kind_of(about("SITE-SILENT", module="SITE")) == "site_silent"
    assert kind_of(about("COL-SILENT", module="COLLECTOR")) == "internal"


def test_everything_else_is_a_fault() -> None:
    assert kind_of(about("SITE-STORM", module="BILLING")) == "fault"
    assert kind_of(about()) == "fault"

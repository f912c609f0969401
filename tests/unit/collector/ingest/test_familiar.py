from __future__ import annotations

import pytest

from collector.ingest import familiar
from collector.ingest.familiar import Familiar
from tests.builders import a_health, an_event
from wire.messages import Event, Record, Status


def numbered(*records: Record) -> list[tuple[int, Record]]:
    return list(enumerate(records))


def test_a_fault_is_known_once_it_was_written_at_its_site() -> None:
    known, records = Familiar(), numbered(an_event(), a_health())
    assert not known.knows("seoul", records)
    known.learn("seoul", records)
    assert known.knows("seoul", records)
    assert not known.knows("busan", records)


def test_health_alone_tells_of_nothing_new() -> None:
    assert Familiar().knows("seoul", numbered(a_health()))


@pytest.mark.parametrize(
    "other",
    [
        an_event(code="BIL-9999"),
        an_event(identity={"queue": "another"}),
        an_event(level=1),
        an_event(status=Status.OK),
        an_event(product="another"),
    ],
)
def test_another_fault_a_worse_one_and_one_that_is_gone_are_new(other: Event) -> None:
    known = Familiar()
    known.learn("seoul", numbered(an_event(level=3)))
    assert known.knows("seoul", numbered(an_event(level=3)))
    assert not known.knows("seoul", numbered(an_event(level=3), other))


def test_a_clearing_event_is_never_known() -> None:
    known = Familiar()
    known.learn("seoul", numbered(an_event(status=Status.OK)))
    assert not known.knows("seoul", numbered(an_event(status=Status.OK)))


def test_it_forgets_what_was_written_longest_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(familiar, "FAULTS", 2)
    known = Familiar()
    for code in ("A-1", "A-2", "A-1", "A-3"):
        known.learn("seoul", numbered(an_event(code=code)))
    assert [known.knows("seoul", numbered(an_event(code=code))) for code in ("A-1", "A-2", "A-3")] == [
        True,
        False,
        True,
    ]

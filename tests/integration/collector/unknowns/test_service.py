from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from collector.errors import UnknownRefused
from collector.store.database import Store
from collector.unknowns import repository, service
from collector.unknowns.model import UnknownFilter, UnknownRecord
from tests.builders import NOW, an_unknown_error
from tests.fakes.seeded_console import Seeds, open_store
from wire.catalogue import read_catalogue
from wire.fingerprint import OVERFLOW, template_fingerprint
from wire.messages import UnknownError


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "c.db")
    seeds = Seeds(store)
    seeds.site("seoul", "서울병원")
    seeds.site("busan", "부산병원")
    yield store
    store.close()


def an_error(template: str = "no bill <*>", **changes: object) -> UnknownError:
    fingerprint = template_fingerprint("clinic", template)
    return an_unknown_error(template=template, fingerprint=fingerprint, sample=template.replace("<*>", "7"), **changes)


def take(store: Store, site: str, *errors: UnknownError, days_ago: int = 0) -> None:
    with store.writing() as connection:
        repository.take(connection, site, errors, NOW - timedelta(days=days_ago))


def listed(store: Store, **wanted: object) -> list[UnknownRecord]:
    with store.reading() as connection:
        return repository.list_unknowns(connection, UnknownFilter(**wanted), NOW)  # type: ignore[arg-type]


def test_sums_sites_and_days_and_puts_what_most_sites_have_first(store: Store) -> None:
    take(store, "seoul", an_error("loud <*>", count=1_000))
    take(store, "seoul", an_error(count=3))
    take(store, "busan", an_error(count=4), days_ago=2)
    first, second = listed(store, days=7)
    assert (first.template, first.sites, first.count) == ("no bill <*>", 2, 7)
    assert first.per_day == (0, 0, 0, 0, 4, 0, 3)
    assert [(place.name, place.count) for place in first.top_sites] == [("부산병원", 4), ("서울병원", 3)]
    assert (second.template, second.count, second.state) == ("loud <*>", 1_000, "new")


def test_counts_only_the_days_that_were_asked_for(store: Store) -> None:
    take(store, "seoul", an_error(count=5), days_ago=10)
    take(store, "seoul", an_error(count=2))
    assert [(record.count, record.per_day) for record in listed(store, days=2)] == [(2, (0, 2))]
    assert [record.count for record in listed(store, days=14)] == [7]


def test_filters_by_product_and_state(store: Store) -> None:
    take(store, "seoul", an_error(), an_error("other <*>", product="lab"))
    assert [record.product for record in listed(store, product="lab")] == ["lab"]
    assert listed(store, state="ignored") == []
    assert len(listed(store, limit=1)) == 1


def test_beyond_a_number_of_templates_a_site_is_only_counted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "TEMPLATES_PER_SITE_DAY", 3)
    take(store, "seoul", *[an_error(f"kind {'x' * number}", count=2) for number in range(5)])
    take(store, "seoul", an_error("kind "))
    take(store, "busan", an_error("fourth"))
    found = {record.template: (record.count, record.is_overflow) for record in listed(store)}
    assert found[OVERFLOW] == (4, True)
    assert found["kind "] == (3, False)
    assert found["fourth"] == (1, False)  # another site has its own bound
    assert len(found) == 5


def test_the_fleet_holds_only_so_many_templates(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "TEMPLATES", 2)
    take(store, "seoul", *[an_error(f"kind {'x' * number}") for number in range(5)])
    assert len(listed(store)) == 3
    assert sum(record.count for record in listed(store)) == 5


def test_a_clock_that_runs_ahead_does_not_make_errors_of_tomorrow(store: Store) -> None:
    take(store, "seoul", an_error(last_at=NOW + timedelta(days=400), first_at=NOW - timedelta(hours=1)))
    (record,) = listed(store)
    assert (record.first_at, record.last_at) == (NOW - timedelta(hours=1), NOW)


def test_decisions_are_kept_and_what_comes_again_is_seen(store: Store) -> None:
    take(store, "seoul", an_error(first_at=NOW - timedelta(hours=2), last_at=NOW - timedelta(hours=2)))
    (record,) = listed(store)
    with pytest.raises(UnknownRefused, match="why"):
        service.ignore(store, record.id, actor="jh", reason=" ", now=NOW)
    with pytest.raises(UnknownRefused, match="letters"):
        service.mark_coded(store, record.id, actor="jh", code="no code", now=NOW)
    with pytest.raises(UnknownRefused, match="state"):
        service.reopen(store, record.id, actor="jh", now=NOW)
    service.ignore(store, record.id, actor="jh", reason="a probe", now=NOW - timedelta(hours=1))
    (ignored,) = listed(store, state="ignored")
    assert (ignored.reason, ignored.decided_by, ignored.came_again) == ("a probe", "jh", False)
    take(store, "busan", an_error(last_at=NOW))
    assert listed(store, state="ignored")[0].came_again
    service.mark_coded(store, record.id, actor="jh", code="BIL-9", now=NOW)
    service.reopen(store, record.id, actor="jh", now=NOW)
    (again,) = listed(store)
    assert (again.state, again.reason, again.code, again.decided_at) == ("new", "", "", None)
    with pytest.raises(UnknownRefused, match="no such"):
        service.reopen(store, 999, actor="jh", now=NOW)


CATALOGUE = r"""
product: clinic
version: "8"
modules:
  - code: BIL
    name: {en: Billing}
    errors:
      - {code: BIL-1, level: 2, title: {en: No bill}, match: [{regex: 'no bill \d+'}]}
      - {code: BIL-2, level: 2, title: {en: Paper}, match: [{literal: "out of paper"}]}
"""


def test_a_new_catalogue_marks_what_it_has_a_code_for(store: Store) -> None:
    take(store, "seoul", an_error(), an_error("printer out of paper"), an_error("another"))
    take(store, "seoul", an_error(product="lab"))
    catalogue, _ = read_catalogue(CATALOGUE)
    assert service.recognise(store, catalogue, now=NOW) == 2
    assert {(record.template, record.code) for record in listed(store, state="coded")} == {
        ("no bill <*>", "BIL-1"),
        ("printer out of paper", "BIL-2"),
    }
    assert service.recognise(store, catalogue, now=NOW) == 0


def test_what_was_not_seen_for_long_goes_and_what_was_ignored_stays_ignored(store: Store) -> None:
    for template in ("old", "old too"):
        long_ago = NOW - timedelta(days=100)
        take(store, "seoul", an_error(template, first_at=long_ago, last_at=long_ago), days_ago=100)
    take(store, "seoul", an_error("fresh"))
    (ignored,) = [record for record in listed(store) if record.template == "old too"]
    service.ignore(store, ignored.id, actor="jh", reason="a probe", now=NOW)
    assert service.delete_stale(store, 90, NOW) == 3  # two days and one template
    assert [record.template for record in listed(store, state="new")] == ["fresh"]
    assert [record.template for record in listed(store, state="ignored")] == ["old too"]
    assert service.delete_stale(store, 90, NOW) == 0

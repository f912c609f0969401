"""Sites, tokens and catalogues as the command line makes them, on a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.errors import SiteRefused
from collector.fleet import repository, service
from collector.fleet.model import Site, TokenRow
from collector.store.database import Store
from tests.fakes.stores import content_of, open_store
from wire.catalogue.model import Catalogue, ErrorCode, Module, Texts
from wire.enrolment import Token, secret_hash

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
SEOUL = Site("seoul", "Hospital", "Hanbit", "Asia/Seoul", "ko", NOW)
DIGEST = "d" * 64


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path)
    yield store
    store.close()


def issuing(number: int) -> Callable[[str], tuple[TokenRow, Token]]:
    secrets = iter([f"{number:032x}", f"{number + 1:032x}"])
    return lambda site_id: service.make_token(
        site_id, new_secret=lambda: next(secrets)[::-1], receipt_digest=DIGEST, now=NOW, valid_s=60
    )


def test_a_token_is_stored_without_its_secret(store: Store) -> None:
    token = service.add_site(store, SEOUL, issue=issuing(1))
    with store.reading() as connection:
        row = repository.find_token(connection, token.id)
    assert row is not None
    assert (row.site_id, row.expires_at, row.used_at) == ("seoul", NOW + timedelta(seconds=60), None)
    assert row.secret_hash == secret_hash(token.secret)
    assert token.secret.encode() not in content_of(store)
    assert service.add_token(store, "seoul", issue=issuing(7), now=NOW).id != token.id


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"id": "Seoul"}, "no site id"),
        ({"id": "../x"}, "no site id"),
        ({"id": "a" * 65}, "no site id"),
        ({"name": " "}, "1 to"),
        ({"customer": "x" * 2_000}, "1 to"),
        ({"name": "a\x00b"}, "1 to"),
        ({"language": "kr"}, "no language"),
        ({"tz": "Asia/Soul"}, "no time zone"),
        ({"tz": "../../etc/passwd"}, "no time zone"),
    ],
)
def test_what_is_wrong_with_a_site_is_told_and_nothing_stored(store: Store, wrong: dict[str, str], words: str) -> None:
    with pytest.raises(SiteRefused, match=words):
        service.add_site(store, replace(SEOUL, **wrong), issue=issuing(1))  # type: ignore[arg-type]
    assert service.sites(store) == []


def test_a_site_that_exists_keeps_its_facts_and_gets_no_token(store: Store) -> None:
    service.add_site(store, SEOUL, issue=issuing(1))
    _, second = issuing(7)("seoul")
    with pytest.raises(SiteRefused, match="exists already"):
        service.add_site(store, replace(SEOUL, name="Other"), issue=issuing(7))
    assert service.sites(store) == [SEOUL]
    with store.reading() as connection:
        assert repository.find_token(connection, second.id) is None


def test_unknown_site_and_agent(store: Store) -> None:
    with pytest.raises(SiteRefused, match="no site busan"):
        service.add_token(store, "busan", issue=issuing(1), now=NOW)
    with pytest.raises(SiteRefused, match="no agent a1"):
        service.revoke_agent(store, "a1", now=NOW)


def _catalogue(product: str, version: str) -> Catalogue:
    code = ErrorCode(code="B-1", level=1, title=Texts(en="x"))
    return Catalogue(product=product, version=version, modules=[Module(code="b", name=Texts(en="B"), errors=[code])])


def test_a_catalogue_takes_the_place_of_its_products_older_one(store: Store) -> None:
    for version in ("1", "2"):
        service.import_catalogue(store, _catalogue("clinic", version), now=NOW)
    assert [(found.product, found.version) for found, _ in service.catalogues(store)] == [("clinic", "2")]
    with pytest.raises(SiteRefused, match="built in"):
        service.import_catalogue(store, _catalogue("host", "9"), now=NOW)

"""Sites, tokens, agents and catalogues: what the command line does to the fleet."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from datetime import datetime, timedelta

from collector.errors import SiteRefused
from collector.fleet import repository
from collector.fleet.model import AgentLine, Site, TokenRow
from collector.store.database import Connection, Store
from wire.catalogue.model import Catalogue
from wire.catalogue.reading import HOST_PRODUCT
from wire.enrolment import Token, secret_hash
from wire.limits import NAME_CHARS
from wire.sentence import sentence

SITE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
LANGUAGES = ("en", "ko", "zh-Hans")
TOKEN_ID_DIGITS = 16


def add_site(store: Store, added: Site, *, issue: Callable[[str], tuple[TokenRow, Token]]) -> Token:
    """Make a site and its first token; `SiteRefused` says what is wrong."""
    _check(added)
    row, token = issue(added.id)
    with store.writing() as connection:
        if not repository.add_site(connection, added):
            raise SiteRefused(sentence("the site {id} exists already", id=added.id))
        repository.add_token(connection, row, added.created_at)
    return token


def add_token(store: Store, site_id: str, *, issue: Callable[[str], tuple[TokenRow, Token]], now: datetime) -> Token:
    """One more token for a site, for one more host."""
    row, token = issue(site_id)
    with store.writing() as connection:
        _must_exist(connection, site_id)
        repository.add_token(connection, row, now)
    return token


def make_token(
    site_id: str, *, new_secret: Callable[[], str], receipt_digest: str, now: datetime, valid_s: float
) -> tuple[TokenRow, Token]:
    """A token as it is stored, and as it is handed out once."""
    token = Token(new_secret()[:TOKEN_ID_DIGITS], new_secret(), receipt_digest)
    expires_at = now + timedelta(seconds=valid_s)
    return TokenRow(token.id, site_id, secret_hash(token.secret), expires_at, None, None), token


def revoke_agent(store: Store, agent_id: str, *, now: datetime) -> None:
    """Refuse an agent's key from now on."""
    with store.writing() as connection:
        if not repository.revoke_agent(connection, agent_id, now):
            raise SiteRefused(sentence("there is no agent {id} that could be revoked", id=agent_id))


def import_catalogue(store: Store, imported: Catalogue, *, now: datetime) -> None:
    """Take a catalogue into use, in place of an older one of its product."""
    if imported.product == HOST_PRODUCT:
        raise SiteRefused(sentence("the product {name} is built in", name=HOST_PRODUCT))
    with store.writing() as connection:
        repository.save_catalogue(connection, imported, now)


def sites(store: Store) -> list[Site]:
    """Every site."""
    with store.reading() as connection:
        return repository.list_sites(connection)


def agents(store: Store) -> list[AgentLine]:
    """Every agent, revoked ones too."""
    with store.reading() as connection:
        return repository.list_agents(connection)


def catalogues(store: Store) -> list[tuple[Catalogue, datetime]]:
    """Every imported catalogue with the time of its import."""
    with store.reading() as connection:
        return list(repository.list_catalogues(connection))


def _check(added: Site) -> None:
    if not SITE_ID.fullmatch(added.id):
        raise SiteRefused(
            sentence(
                "{id} is no site id: small letters, digits, - and _, at most 64, not beginning with - or _", id=added.id
            )
        )
    for text in (added.name, added.customer):
        if not text.strip() or len(text) > NAME_CHARS or "\x00" in text:
            raise SiteRefused(sentence("a name has 1 to {limit} characters", limit=NAME_CHARS))
    if added.language not in LANGUAGES:
        words = ", ".join(LANGUAGES)
        raise SiteRefused(sentence("{language} is no language here: {known}", language=added.language, known=words))
    try:
        zoneinfo.ZoneInfo(added.tz)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        why = sentence("{tz} is no time zone; expected a name such as Asia/Seoul", tz=added.tz)
        raise SiteRefused(why) from error


def _must_exist(connection: Connection, site_id: str) -> None:
    if repository.find_site(connection, site_id) is None:
        raise SiteRefused(sentence("there is no site {id}", id=site_id))

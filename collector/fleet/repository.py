"""Sites, tokens, agents and catalogues in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from collector.fleet.model import AgentLine, KnownAgent, Site, TokenRow, Watched
from collector.store.meta import touch_registry
from collector.store.tables import agent, catalogue, enrol_token, site
from collector.store.upserts import upsert
from wire.catalogue.model import Catalogue, ErrorCode
from wire.catalogue.reading import HOST_PRODUCT, decode_catalogue, encode_catalogue, host_catalogue
from wire.keys import load_public

# ---------------------------------------------------------------- sites and tokens


def add_site(connection: Connection, added: Site) -> bool:
    """Insert the site; false when the id is taken."""
    row = upsert(site).values(vars(added)).on_conflict_do_nothing().returning(site.c.id)
    done = connection.execute(row).first() is not None
    touch_registry(connection)
    return done


def find_site(connection: Connection, site_id: str) -> Site | None:
    """The site of this id."""
    row = connection.execute(select(site).where(site.c.id == site_id)).mappings().first()
    return None if row is None else Site(**row)


def list_sites(connection: Connection) -> list[Site]:
    """Every site, by id."""
    return [Site(**row) for row in connection.execute(select(site).order_by(site.c.id)).mappings()]


def add_token(connection: Connection, token: TokenRow, created_at: datetime) -> None:
    """Store a token (its secret hashed)."""
    connection.execute(insert(enrol_token).values(**vars(token), created_at=created_at))


def find_token(connection: Connection, token_id: str) -> TokenRow | None:
    """The token of this id."""
    names = ("id", "site_id", "secret_hash", "expires_at", "used_at", "used_by")
    query = select(*(enrol_token.c[name] for name in names)).where(enrol_token.c.id == token_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else TokenRow(**row)


def use_token(connection: Connection, token_id: str, *, agent_id: str, now: datetime) -> bool:
    """Use the token up; false when somebody was first. One conditional statement, so there is one winner."""
    unused = (enrol_token.c.id == token_id) & enrol_token.c.used_at.is_(None) & (enrol_token.c.expires_at > now)
    return connection.execute(update(enrol_token).where(unused).values(used_at=now, used_by=agent_id)).rowcount == 1


def count_refusal(connection: Connection, token_id: str) -> None:
    """One more try with a token that was refused."""
    more = {"refused_count": enrol_token.c.refused_count + 1}
    connection.execute(update(enrol_token).where(enrol_token.c.id == token_id).values(more))


# ---------------------------------------------------------------- agents


def add_agent(
    connection: Connection, *, known: KnownAgent, public_key: bytes, facts: dict[str, str], now: datetime
) -> None:
    """Insert an agent; `facts` are hostname, os and agent_version."""
    row = {"id": known.id, "site_id": known.site_id, "key_id": known.key_id, "public_key": public_key}
    connection.execute(insert(agent).values(**row, **facts, enrolled_at=now))
    touch_registry(connection)


def known_agents(connection: Connection) -> list[KnownAgent]:
    """Every agent with its key, revoked ones too."""
    query = select(agent.c.id, agent.c.site_id, agent.c.key_id, agent.c.public_key, agent.c.revoked_at)
    return [
        KnownAgent(row.id, row.site_id, row.key_id, load_public(row.public_key), row.revoked_at is not None)
        for row in connection.execute(query)
    ]


def agent_of_key(connection: Connection, key_id: str) -> tuple[str, datetime | None] | None:
    """Id and last contact of the agent with this key."""
    row = connection.execute(select(agent.c.id, agent.c.last_seen_at).where(agent.c.key_id == key_id)).first()
    return None if row is None else (row.id, row.last_seen_at)


def list_agents(connection: Connection) -> list[AgentLine]:
    """Every agent, by site and host."""
    names = (
        "id",
        "site_id",
        "hostname",
        "agent_version",
        "enrolled_at",
        "last_seen_at",
        "revoked_at",
        "silent_since",
        "quarantined_at",
        "interruption",
        "interrupted_at",
    )
    query = select(*(agent.c[name] for name in names)).order_by(agent.c.site_id, agent.c.hostname, agent.c.id)
    return [AgentLine(**row) for row in connection.execute(query).mappings()]


def revoke_agent(connection: Connection, agent_id: str, now: datetime) -> bool:
    """Refuse this agent's key from now on; false when there is no such agent, or it was revoked before."""
    live = (agent.c.id == agent_id) & agent.c.revoked_at.is_(None)
    done = connection.execute(update(agent).where(live).values(revoked_at=now)).rowcount == 1
    touch_registry(connection)
    return done


def watched_agents(connection: Connection, seen_before: datetime, limit: int) -> list[Watched]:
    """Agents that may have fallen silent: not revoked, not known as silent, last seen before an instant."""
    seen = func.coalesce(agent.c.last_seen_at, agent.c.enrolled_at)
    query = (
        select(agent.c.id, agent.c.site_id, agent.c.hostname, agent.c.last_seen_at, agent.c.enrolled_at)
        .where(agent.c.revoked_at.is_(None), agent.c.silent_since.is_(None), seen < seen_before)
        .limit(limit)
    )
    return [
        Watched(row.id, row.site_id, row.hostname, row.last_seen_at or row.enrolled_at)
        for row in connection.execute(query)
    ]


def longest_unheard(connection: Connection) -> datetime | None:
    """When that one was last seen of the agents of `watched_agents` that was not seen for longest."""
    seen = func.min(func.coalesce(agent.c.last_seen_at, agent.c.enrolled_at))
    query = select(seen.label("seen")).where(agent.c.revoked_at.is_(None), agent.c.silent_since.is_(None))
    found: datetime | None = connection.execute(query).scalar_one_or_none()
    return found


def mark_silent(connection: Connection, agent_id: str, since: datetime) -> None:
    """Remember that the silence of this agent has been told."""
    connection.execute(update(agent).where(agent.c.id == agent_id).values(silent_since=since))


# ---------------------------------------------------------------- catalogues


def save_catalogue(connection: Connection, imported: Catalogue, now: datetime) -> None:
    """Store the catalogue in place of the one that its product had."""
    values = {"version": imported.version, "imported_at": now, "body": encode_catalogue(imported).decode()}
    row = upsert(catalogue).values(product=imported.product, **values)
    connection.execute(row.on_conflict_do_update(index_elements=[catalogue.c.product], set_=values))
    touch_registry(connection)


def load_catalogues(connection: Connection) -> list[Catalogue]:
    """Every imported catalogue."""
    return [decode_catalogue(body.encode()) for body in connection.execute(select(catalogue.c.body)).scalars()]


def find_code(connection: Connection, product: str, module: str, code: str) -> ErrorCode | None:
    """One code of the product's catalogue as it is now."""
    if product == HOST_PRODUCT:
        found: Catalogue | None = host_catalogue()
    else:
        body = connection.execute(select(catalogue.c.body).where(catalogue.c.product == product)).scalar_one_or_none()
        found = decode_catalogue(body.encode()) if body is not None else None
    codes = found.codes() if found is not None else ()
    return next((error for part, error in codes if (part.code, error.code) == (module, code)), None)


def list_catalogues(connection: Connection) -> Sequence[tuple[Catalogue, datetime]]:
    """Every imported catalogue with the time of its import, by product."""
    query = select(catalogue.c.body, catalogue.c.imported_at).order_by(catalogue.c.product)
    return [(decode_catalogue(row.body.encode()), row.imported_at) for row in connection.execute(query)]

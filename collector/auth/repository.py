"""The tables of accounts: users, sessions, links, tokens, failed log-ins. SQL only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from collector.auth.model import ApiToken, User, Visitor
from collector.store.tables import api_token, login_failure, login_link, user, web_session

FAILURE_ROWS = 20_000  # a flood of failed log-ins fills no disk; the newest count
TOKENS = 100  # of one account on a list
TOKEN_ID_CHARS = 12
_USER = (user.c.id, user.c.name, user.c.language, user.c.created_at, user.c.disabled_at, user.c.password_hash)


def add_user(connection: Connection, *, name: str, password_hash: str | None, language: str, now: datetime) -> int:
    """The new account's id."""
    row = insert(user).values(name=name, password_hash=password_hash, language=language, created_at=now)
    return int(connection.execute(row.returning(user.c.id)).scalar_one())


def find_user(connection: Connection, name: str) -> User | None:
    """The account of that name, disabled ones included."""
    row = connection.execute(select(*_USER).where(user.c.name == name)).first()
    return None if row is None else _user(row)


def list_users(connection: Connection) -> list[User]:
    """All accounts by name."""
    return [_user(row) for row in connection.execute(select(*_USER).order_by(user.c.name))]


def set_language(connection: Connection, user_id: int, language: str) -> None:
    """The language of the console for this account; empty means as the browser asks."""
    connection.execute(update(user).where(user.c.id == user_id).values(language=language))


def set_disabled(connection: Connection, user_id: int, at: datetime | None) -> None:
    """Disable (with an instant) or enable (without); disabling ends sessions, links and tokens at once."""
    connection.execute(update(user).where(user.c.id == user_id).values(disabled_at=at))
    if at is not None:
        for table in (web_session, login_link, api_token):
            connection.execute(delete(table).where(table.c.user_id == user_id))


def add_session(
    connection: Connection, *, digest: str, user_id: int, csrf: str, now: datetime, expires_at: datetime
) -> None:
    """A browser session; sessions that are over go at the same time."""
    connection.execute(delete(web_session).where(web_session.c.expires_at <= now))
    connection.execute(
        insert(web_session).values(hash=digest, user_id=user_id, csrf=csrf, created_at=now, expires_at=expires_at)
    )


def find_session(connection: Connection, digest: str, now: datetime) -> Visitor | None:
    """Who owns this session, if it runs and the account is not disabled."""
    row = connection.execute(
        select(*_USER, web_session.c.csrf, web_session.c.expires_at)
        .join(user, user.c.id == web_session.c.user_id)
        .where(web_session.c.hash == digest, web_session.c.expires_at > now, user.c.disabled_at.is_(None))
    ).first()
    return None if row is None else Visitor(_user(row), session_hash=digest, csrf=row.csrf, until=row.expires_at)


def end_session(connection: Connection, digest: str) -> None:
    """Log out."""
    connection.execute(delete(web_session).where(web_session.c.hash == digest))


def add_link(connection: Connection, *, digest: str, user_id: int, now: datetime, expires_at: datetime) -> None:
    """A login link; links that are over go at the same time."""
    connection.execute(delete(login_link).where(login_link.c.expires_at <= now))
    connection.execute(insert(login_link).values(hash=digest, user_id=user_id, expires_at=expires_at))


def use_link(connection: Connection, digest: str, now: datetime) -> User | None:
    """Consume a link: its account the first time, nothing ever after. One statement decides the race."""
    used = connection.execute(
        update(login_link)
        .where(login_link.c.hash == digest, login_link.c.used_at.is_(None), login_link.c.expires_at > now)
        .values(used_at=now)
    )
    if used.rowcount != 1:
        return None
    row = connection.execute(
        select(*_USER)
        .join(login_link, login_link.c.user_id == user.c.id)
        .where(login_link.c.hash == digest, user.c.disabled_at.is_(None))
    ).first()
    return None if row is None else _user(row)


def add_token(
    connection: Connection, *, digest: str, user_id: int, label: str, now: datetime, expires_at: datetime
) -> None:
    """An API token; disabling the account ends it before its time."""
    row = {"hash": digest, "user_id": user_id, "label": label, "created_at": now, "expires_at": expires_at}
    connection.execute(insert(api_token).values(**row))


def list_tokens(connection: Connection, user_id: int, now: datetime) -> list[ApiToken]:
    """The tokens of an account that hold, newest first. `id` is the beginning of what is kept of the secret."""
    query = select(api_token).where(api_token.c.user_id == user_id, api_token.c.expires_at > now)
    rows = connection.execute(query.order_by(api_token.c.created_at.desc(), api_token.c.hash).limit(TOKENS))
    return [ApiToken(row.hash[:TOKEN_ID_CHARS], row.label, row.created_at, row.expires_at) for row in rows]


def end_tokens(connection: Connection, user_id: int, token_id: str) -> int:
    """Revoke the account's tokens whose id begins so; how many there were."""
    mine = (api_token.c.user_id == user_id) & api_token.c.hash.startswith(token_id, autoescape=True)
    return connection.execute(delete(api_token).where(mine)).rowcount


def find_token(connection: Connection, digest: str, now: datetime) -> Visitor | None:
    """Who owns this API token, if it holds and the account is not disabled."""
    row = connection.execute(
        select(*_USER, api_token.c.expires_at)
        .join(api_token, api_token.c.user_id == user.c.id)
        .where(api_token.c.hash == digest, api_token.c.expires_at > now, user.c.disabled_at.is_(None))
    ).first()
    return None if row is None else Visitor(_user(row), token_hash=digest, until=row.expires_at)


def failures_since(connection: Connection, *, name: str, address: str, since: datetime) -> tuple[list[datetime], ...]:
    """When log-ins failed since then, for the name and for the address."""

    def instants(condition: object) -> list[datetime]:
        query = select(login_failure.c.at).where(login_failure.c.at > since, condition)  # type: ignore[arg-type]
        return list(connection.execute(query).scalars())

    return instants(login_failure.c.name == name), instants(login_failure.c.address == address)


def add_failure(connection: Connection, *, name: str, address: str, now: datetime, forget_before: datetime) -> int:
    """Count a failed log-in; old ones and those beyond the cap go. The row's id."""
    connection.execute(delete(login_failure).where(login_failure.c.at <= forget_before))
    row = insert(login_failure).values(at=now, name=name, address=address).returning(login_failure.c.id)
    row_id: int = connection.execute(row).scalar_one()
    over = select(func.max(login_failure.c.id) - FAILURE_ROWS).scalar_subquery()
    connection.execute(delete(login_failure).where(login_failure.c.id <= over))
    return row_id


def forget_failures(connection: Connection, name: str, ids: Sequence[int]) -> None:
    """A log-in succeeded: the name starts afresh, and the rows of this try do not count for the address."""
    connection.execute(delete(login_failure).where((login_failure.c.name == name) | login_failure.c.id.in_(ids)))


def _user(row: Any) -> User:
    return User(
        id=row.id,
        name=row.name,
        language=row.language,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        password_hash=row.password_hash,
    )

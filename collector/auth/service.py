"""Accounts, log-ins, sessions: one use case a function.

Secrets are 128 random bits, shown once, stored as SHA-256: a read of the database opens nothing.
A log-in counts itself as failed before the password is looked at and takes the count back when it
was right. Tries that arrive together therefore see each other, and a process that dies between
leaves one failure too many rather than one too few.
"""

from __future__ import annotations

import hashlib
import math
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta

from collector.auth import repository
from collector.auth.errors import AccountRefused, LoginRefused, LoginThrottled
from collector.auth.model import ApiToken, User, Visitor
from collector.auth.names import NAME_CHARS, PASSWORD_CHARS_MAX, password_text, user_name
from collector.auth.passwords import hash_password, is_password
from collector.auth.policy import WINDOW_S, next_try_at
from collector.store.database import Connection, Store
from wire.sentence import sentence

SESSION = timedelta(hours=12)  # a shift with its handover
LINK = timedelta(minutes=30)
TOKEN = timedelta(days=90)  # of a program
TOKEN_DAYS_MAX = 366
DESK_TOKEN = SESSION  # of a person's command line
TOKEN_PREFIX = "sitewarden_"  # noqa: S105  # so that scanners for leaked secrets can know one

LANGUAGES = ("", "en", "ko", "zh-Hans")  # empty: as the browser asks

NewSecret = Callable[[], str]


def digest(secret: str) -> str:
    """What the database keeps of a secret with 128 bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def add_user(
    store: Store, name: str, *, password: str | None, language: str, new_secret: NewSecret, now: datetime
) -> User:
    """Make an account; without a password only login links open it."""
    name = user_name(name)
    if language not in LANGUAGES:
        raise AccountRefused(sentence("{language} is none of the console's languages", language=language))
    password_hash = None if password is None else hash_password(password_text(password), new_secret())
    with store.writing() as connection:
        if repository.find_user(connection, name) is not None:
            raise AccountRefused(sentence("there is a user {name} already", name=name))
        repository.add_user(connection, name=name, password_hash=password_hash, language=language, now=now)
        return _known(repository.find_user(connection, name), name)


def list_users(store: Store) -> list[User]:
    """All accounts by name."""
    with store.reading() as connection:
        return repository.list_users(connection)


def disable_user(store: Store, name: str, *, now: datetime) -> User:
    """Shut an account; its sessions, links and tokens end in the same commit."""
    return _set_disabled(store, name, now)


def enable_user(store: Store, name: str) -> User:
    """Open an account again; it logs in anew."""
    return _set_disabled(store, name, None)


def make_login_link(store: Store, name: str, *, new_secret: NewSecret, now: datetime) -> str:
    """The secret of a new one-time link for an account that is not disabled."""
    secret = new_secret()
    with store.writing() as connection:
        user = _open_account(repository.find_user(connection, _typed_name(name)), name)
        repository.add_link(connection, digest=digest(secret), user_id=user.id, now=now, expires_at=now + LINK)
    return secret


def make_api_token(
    store: Store, name: str, *, new_secret: NewSecret, now: datetime, valid: timedelta = TOKEN, label: str = ""
) -> str:
    """A new bearer token for an account that is not disabled; it ends after `valid`."""
    token = TOKEN_PREFIX + new_secret()
    with store.writing() as connection:
        user = _open_account(repository.find_user(connection, _typed_name(name)), name)
        repository.add_token(
            connection, digest=digest(token), user_id=user.id, label=label, now=now, expires_at=now + valid
        )
    return token


def list_tokens(store: Store, name: str, *, now: datetime) -> list[ApiToken]:
    """The account's tokens that hold, newest first."""
    with store.reading() as connection:
        user = _known(repository.find_user(connection, _typed_name(name)), name)
        return repository.list_tokens(connection, user.id, now)


def revoke_token(store: Store, name: str, token_id: str) -> None:
    """End one token of the account at once."""
    with store.writing() as connection:
        user = _known(repository.find_user(connection, _typed_name(name)), name)
        if len(token_id) < repository.TOKEN_ID_CHARS or not repository.end_tokens(connection, user.id, token_id):
            raise AccountRefused(sentence("{name} has no token {id}", name=user.name, id=token_id))


def set_language(store: Store, user: User, language: str) -> None:
    """Choose the console's language; one that it does not speak is refused."""
    if language not in LANGUAGES:
        raise AccountRefused(sentence("{language} is none of the console's languages", language=language))
    with store.writing() as connection:
        repository.set_language(connection, user.id, language)


def log_in(store: Store, name: str, password: str, *, address: str, new_secret: NewSecret, now: datetime) -> str:
    """The secret of a new session; `LoginRefused` or `LoginThrottled` otherwise, after the same time for any name."""
    user, failure = _proved(store, name, password, address=address, now=now)
    secret = new_secret()
    with store.writing() as connection:
        _forgive(connection, user, failure)
        repository.add_session(
            connection, digest=digest(secret), user_id=user.id, csrf=new_secret(), now=now, expires_at=now + SESSION
        )
    return secret


def log_in_desk(
    store: Store, name: str, password: str, *, address: str, new_secret: NewSecret, now: datetime
) -> tuple[User, str]:
    """An account with a new token for its command line, refused and slowed down as `log_in`."""
    user, failure = _proved(store, name, password, address=address, now=now)
    token = TOKEN_PREFIX + new_secret()
    with store.writing() as connection:
        _forgive(connection, user, failure)
        repository.add_token(
            connection, digest=digest(token), user_id=user.id, label="desk", now=now, expires_at=now + DESK_TOKEN
        )
    return user, token


def _proved(store: Store, name: str, password: str, *, address: str, now: datetime) -> tuple[User, int]:
    """The account that name and password open, and the failure that was counted meanwhile."""
    name = _typed_name(name)
    password = unicodedata.normalize("NFC", password)[:PASSWORD_CHARS_MAX]
    with store.writing() as connection:
        since = now - timedelta(seconds=WINDOW_S)
        by_name, by_address = repository.failures_since(connection, name=name, address=address, since=since)
        wait = math.ceil((next_try_at(by_name, by_address, now) - now).total_seconds())
        if wait > 0:
            raise LoginThrottled(wait)
        failure = repository.add_failure(connection, name=name, address=address, now=now, forget_before=since)
        user = repository.find_user(connection, name)
    right = is_password(password, user.password_hash if user else None)
    if user is None or not right or user.disabled_at is not None:
        raise LoginRefused
    return user, failure


def _forgive(connection: Connection, user: User, failure: int) -> None:
    repository.forget_failures(connection, user.name, [failure])
    if repository.find_user(connection, user.name) != user:
        raise LoginRefused  # disabled or changed while we were hashing


def log_in_by_link(store: Store, link: str, *, new_secret: NewSecret, now: datetime) -> str:
    """The secret of a new session for a link that was not used yet; `LoginRefused` otherwise."""
    secret = new_secret()
    with store.writing() as connection:
        user = repository.use_link(connection, digest(link), now)
        if user is None:
            raise LoginRefused
        repository.add_session(
            connection, digest=digest(secret), user_id=user.id, csrf=new_secret(), now=now, expires_at=now + SESSION
        )
    return secret


def log_out(store: Store, visitor: Visitor) -> None:
    """End the session of this browser."""
    with store.writing() as connection:
        repository.end_session(connection, visitor.session_hash)


def end_token(store: Store, visitor: Visitor) -> None:
    """Revoke the token that this visitor brought."""
    with store.writing() as connection:
        repository.end_tokens(connection, visitor.user.id, visitor.token_hash)


def by_session(store: Store, secret: str, *, now: datetime) -> Visitor | None:
    """Who brings this session secret."""
    with store.reading() as connection:
        return repository.find_session(connection, digest(secret), now)


def by_token(store: Store, token: str, *, now: datetime) -> Visitor | None:
    """Who brings this API token."""
    with store.reading() as connection:
        return repository.find_token(connection, digest(token), now)


def still_in(store: Store, visitor: Visitor, *, now: datetime) -> bool:
    """Whether the session that opened a stream still runs."""
    with store.reading() as connection:
        return repository.find_session(connection, visitor.session_hash, now) is not None


def _set_disabled(store: Store, name: str, at: datetime | None) -> User:
    with store.writing() as connection:
        user = _known(repository.find_user(connection, _typed_name(name)), name)
        repository.set_disabled(connection, user.id, at)
        return _known(repository.find_user(connection, user.name), name)


def _typed_name(typed: str) -> str:
    """A name as it would be stored; too long a one finds nobody and still counts as one name."""
    return unicodedata.normalize("NFC", typed.encode("utf-8", "replace").decode())[: NAME_CHARS + 1]


def _known(user: User | None, name: str) -> User:
    if user is None:
        raise AccountRefused(sentence("there is no user {name}", name=name))
    return user


def _open_account(user: User | None, name: str) -> User:
    known = _known(user, name)
    if known.disabled_at is not None:
        raise AccountRefused(sentence("the user {name} is disabled; enable it first", name=name))
    return known

"""PostgreSQL, by a connection string: one host or several, of which the writable one is taken.

Only this file imports the driver, and only when the settings name a PostgreSQL. What it arranges:

* **One writer.** A transaction that writes begins with an advisory lock, held until its end: the guarantee that
  SQLite's BEGIN IMMEDIATE gives, across all processes (docs/decisions/0011).
* **One state to read.** A reading transaction is REPEATABLE READ, READ ONLY.
* **Durable.** `synchronous_commit` is on, whatever the server's default; a server with `fsync` off is complained of.
* **Bounded.** Locks, statements and idle transactions have time limits, so has connecting; a peer that vanished is
  noticed on both sides by keepalives.
* **Well again by itself.** A lost connection, a shutdown, or a server that turned into a standby empties the pool;
  the next transaction connects anew, to whichever host takes writes now.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo
from psycopg.adapt import Buffer, Loader
from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from collector.errors import StoreRefused
from collector.store.model import WRITING, Backend
from collector.store.postgresql_dialect import NAME
from collector.store.troubles import LOST, code_of
from wire.sentence import Sentence, sentence

LOCK = 0x5357_5752_4954  # "SWWRIT": held by whoever writes
CONNECT_S = 5
LOCK_S = 10  # how long a writer waits for another process's writer
STATEMENT_S = 60
IDLE_S = 60  # a transaction in which nothing happens: its process hangs, and holds the lock
KEEPALIVE = {"keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
UNSENT_MS = 10_000  # how long sent bytes may stay without an answer from the other host
OLDEST = 130_000
POOL, OVERFLOW = 8, 8

_SERVER_SIDE = {
    "synchronous_commit": "on",
    "lock_timeout": f"{LOCK_S}s",
    "statement_timeout": f"{STATEMENT_S}s",
    "idle_in_transaction_session_timeout": f"{IDLE_S}s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "timezone": "UTC",
}
_OURS = frozenset({"options", "target_session_attrs", "client_encoding"})
_TAKE_LOCK = f"SELECT pg_advisory_xact_lock({LOCK})"
_FACTS = text(
    "SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding,"
    " current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages,"
    " current_setting('synchronous_commit') AS sync"
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Address:
    """Where the database is; `shown` may be told to anybody."""

    given: dict[str, Any]  # parameters of libpq
    shown: str


def read_address(url: str, password_file: Path | None = None) -> Address:
    """Check a connection string; `StoreRefused` says what is wrong, without a password that stands in it."""
    shown = re.sub(r"(password=)[^&]*", r"\1...", re.sub(r"//([^/@:]*):[^/]*@", r"//\1:...@", url))
    if not url.startswith(("postgresql://", "postgres://")):
        why = sentence("the database {url} is no address of a PostgreSQL, as postgresql://user@host/name", url=shown)
        raise StoreRefused(why)
    try:
        given = conninfo.conninfo_to_dict(url)
    except psycopg.Error as error:
        problem = str(error).strip() if shown == url else sentence("it cannot be read")
        raise StoreRefused(_wrong(shown, problem)) from None
    if "password" in given:
        raise StoreRefused(
            _wrong(shown, sentence("a password has no place in it: name its file with database_password_file"))
        )
    if "dbname" not in given:
        raise StoreRefused(_wrong(shown, sentence("the name of the database is missing")))
    for name in sorted(_OURS & set(given)):
        raise StoreRefused(_wrong(shown, sentence("{name} is set by the collector itself", name=name)))
    if password_file is not None:
        given["password"] = _password(password_file)
    return Address(_with_tls(given), shown)


def _wrong(shown: str, problem: Sentence | str) -> Sentence:
    return sentence("the database {url}: {problem}", url=shown, problem=problem)


def _password(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "UTF-8"
        why = sentence("the password file {path} cannot be read: {problem}", path=path, problem=problem)
        raise StoreRefused(why) from error


def _with_tls(given: dict[str, Any]) -> dict[str, Any]:
    """Beyond this machine: encrypted, the server's name checked, unless the address itself says something else."""
    hosts = [*str(given.get("host") or "").split(","), *str(given.get("hostaddr") or "").split(",")]
    if "sslmode" in given or all(_is_here(host) for host in hosts):
        return given
    own = {} if "sslrootcert" in given else {"sslrootcert": "system"}
    return {**given, "sslmode": "verify-full", **own}


def _is_here(host: str) -> bool:
    if host in {"", "localhost"} or host.startswith(("/", "@")):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def postgresql_backend(address: Address) -> Backend:
    """An engine for this address; nothing is connected yet."""
    options = " ".join(f"-c {name}={value}" for name, value in _SERVER_SIDE.items())
    defaults = {"connect_timeout": CONNECT_S, "application_name": "sitewarden-collector", **KEEPALIVE}
    forced = {"target_session_attrs": "read-write", "options": options, "client_encoding": "utf8"}
    wanted = {**defaults, "tcp_user_timeout": UNSENT_MS, **address.given, **forced}

    def connect() -> psycopg.Connection[Any]:
        connection = psycopg.connect(**wanted)
        connection.adapters.register_loader("numeric", _Number)
        return connection

    engine = create_engine(f"{NAME}://", creator=connect, pool_size=POOL, max_overflow=OVERFLOW)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", _notice_loss)
    reading = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return Backend(address.shown, engine, reading, is_shared=True)


def check_server(engine: Engine, shown: str) -> list[Sentence]:
    """What is wrong with the server without making it unusable; `StoreRefused` when it cannot be used."""
    try:
        with engine.connect() as connection:
            facts = connection.execute(_FACTS).one()
    except SQLAlchemyError as error:
        problem = " ".join(str(getattr(error, "orig", error)).split())
        raise StoreRefused(_wrong(shown, problem)) from error
    if facts.version < OLDEST:
        raise StoreRefused(_wrong(shown, sentence("PostgreSQL 13 or newer is needed")))
    if facts.encoding != "UTF8":
        raise StoreRefused(
            _wrong(shown, sentence("its encoding is {encoding}; make it with UTF8", encoding=facts.encoding))
        )
    return [
        sentence("the PostgreSQL server runs with {name} off: a power cut loses what was acknowledged", name=name)
        for name, value in (("fsync", facts.fsync), ("full_page_writes", facts.pages))
        if value == "off"
    ]


class _Number(Loader):
    """Sums and averages of whole numbers, as SQLite gives them."""

    def load(self, data: Buffer) -> int | float:
        """The digits of a NUMERIC."""
        digits = bytes(data)
        return float(digits) if b"." in digits or b"N" in digits else int(digits)


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get(WRITING, False):
        connection.exec_driver_sql(_TAKE_LOCK)


def _notice_loss(context: ExceptionContext) -> None:
    """A server that shuts down, or that was made a standby under us, is left at once, with every pooled connection."""
    if context.sqlalchemy_exception is not None and code_of(context.sqlalchemy_exception).startswith(LOST):
        context.is_disconnect = True

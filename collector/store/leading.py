"""Which of several collector processes on one PostgreSQL does the background work.

The leader holds a lock of its session, on a connection kept for this alone. PostgreSQL gives it to another as soon as
that session ends: at once when the process dies, after about ten seconds when its machine does (keepalives of the
server, set by our connections). Who leads is asked before each piece of work. A process that has lost its
connection in the middle of one may end it beside the next leader: nothing is wrong then, because each piece reads
what is due within the transaction that does it. Leading saves double work; it is not what makes work happen once.
"""

from __future__ import annotations

import logging
import threading
from contextlib import suppress

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

LOCK = 0x5357_4C45_4144  # "SWLEAD": one number in the whole database server's database

_TAKE = text("SELECT pg_try_advisory_lock(:lock)").bindparams(lock=LOCK)
_GIVE = text("SELECT pg_advisory_unlock(:lock)").bindparams(lock=LOCK)
_ASK = text("SELECT 1")

log = logging.getLogger(__name__)


class Leading:
    """One process's side of it. Threads may ask at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._asking = threading.Lock()
        self._held = False

    def holds(self) -> bool:
        """Whether this process leads; takes the lead when nobody has it. False while the database is away."""
        with self._asking:
            held = self._keep() or self._take()
            if held != self._held:
                log.warning("this process %s the background work", "does" if held else "no longer does")
                self._held = held
            return held

    def release(self) -> None:
        """Let another process lead, at once: PostgreSQL notices a closed connection a little later."""
        with self._asking:
            if self._connection is not None:
                with suppress(SQLAlchemyError):
                    self._connection.execute(_GIVE)
            self._drop()

    def _keep(self) -> bool:
        if self._connection is None:
            return False
        try:
            self._connection.execute(_ASK)
        except SQLAlchemyError:
            self._drop()
            return False
        return True

    def _take(self) -> bool:
        try:
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        except SQLAlchemyError:
            return False
        try:
            if connection.execute(_TAKE).scalar_one():
                connection.detach()  # not of the pool: returned there it would keep the lock
                self._connection = connection
                return True
        except SQLAlchemyError:
            connection.invalidate()
        finally:
            if self._connection is not connection:
                connection.close()
        return False

    def _drop(self) -> None:
        if self._connection is None:
            return
        with suppress(SQLAlchemyError):
            self._connection.close()
        self._connection = None

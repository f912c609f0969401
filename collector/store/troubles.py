"""What an error of either database means to the caller.

PostgreSQL says it with a code of five characters, SQLite with words only. What is a defect of a statement or of its
values is no trouble of the database: there is no answer for it here, and the error itself goes on.
"""

from __future__ import annotations

from sqlalchemy import exc
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from collector.errors import StoreBusy, StoreFull, StoreUnavailable
from wire.sentence import sentence

__all__ = ["LOST", "Trouble", "code_of", "explained"]

Trouble = (DBAPIError, exc.TimeoutError)  # what to catch before asking `explained`

FULL = "53100"  # disk_full
BUSY = frozenset({"55P03", "57014", "40P01", "40001"})  # lock or statement timeout, deadlock, serialization failure
READ_ONLY = "25006"  # the server that we hold on to has become a standby
LOST = ("08", "57P", READ_ONLY, "25P03")  # connection, shutdown, standby, our own idle transaction was ended
NO_ROOM = "53"  # connections, memory: somebody else has to give way


def explained(error: BaseException) -> StoreUnavailable | None:
    """The error that callers know; None when a statement was wrong, and trying again would not help."""
    if isinstance(error, exc.TimeoutError):
        return StoreBusy(sentence("the database is busy"))
    code = code_of(error)
    if code == FULL:
        return StoreFull(sentence("there is no room on the disk of the database"))
    if code in BUSY:
        return StoreBusy(sentence("the database is busy"))
    if code.startswith((*LOST, NO_ROOM)):
        return _unavailable(error)
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    return _by_words(error)


def code_of(error: BaseException) -> str:
    """PostgreSQL's code of an error; empty when it has none, as a connection that broke."""
    return str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")


def _by_words(error: BaseException) -> StoreUnavailable:
    words = ""
    cause: BaseException | None = error
    while cause is not None:  # a failed rollback hides the reason behind it
        words += f" {cause}"
        cause = cause.__cause__ or cause.__context__
    if "disk is full" in words:
        return StoreFull(sentence("there is no room on the disk of the database"))
    if "locked" in words or "busy" in words:
        return StoreBusy(sentence("the database is busy"))
    return _unavailable(error)


def _unavailable(error: BaseException) -> StoreUnavailable:
    """Without the statement and its values, which SQLAlchemy's own words have."""
    problem = " ".join(str(getattr(error, "orig", None) or error).split())
    return StoreUnavailable(sentence("the database cannot write: {problem}", problem=problem))

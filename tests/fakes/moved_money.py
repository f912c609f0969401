"""Business that goes on while a database is saved: money moves, and no transfer may come back by half."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

ACCOUNTS, BALANCE = 50, 1_000
MONEY = ACCOUNTS * BALANCE
_ROWS = ", ".join(f"({number}, {BALANCE})" for number in range(1, ACCOUNTS + 1))
TABLES = (
    "CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL)",
    f"INSERT INTO accounts VALUES {_ROWS}",  # noqa: S608  # of ours
    "CREATE TABLE moves (account int NOT NULL)",
)

Connect = Callable[[], AbstractContextManager[Callable[[str], object]]]  # a connection that runs statements


@contextmanager
def transfers(connect: Connect) -> Iterator[Callable[[], int]]:
    """Each transfer moves money and notes two moves, in one transaction. Gives how many there were so far."""
    stopped, made = threading.Event(), 0

    def write() -> None:
        nonlocal made
        with connect() as run:
            while not stopped.is_set():
                one, other = made % ACCOUNTS + 1, (made * 7 + 3) % ACCOUNTS + 1
                run("BEGIN")
                run(f"UPDATE accounts SET balance = balance - 1 WHERE id = {one}")  # noqa: S608  # of ours
                run(f"UPDATE accounts SET balance = balance + 1 WHERE id = {other}")  # noqa: S608  # the same
                run(f"INSERT INTO moves (account) VALUES ({one}), ({other})")  # noqa: S608  # the same
                run("COMMIT")
                made += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield lambda: made
    finally:
        stopped.set()
        writer.join(20)

"""Deposits, seals and acks as fast as it can, and says on standard output what is surely stored.

Started by test_spool_kill.py with a state folder; killed at a random moment.
"""

from __future__ import annotations

import itertools
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from agent.settings.model import SpoolSettings
from agent.spool import Cursor, Deposit, open_spool
from agent.spool.model import Means
from tests.fakes.agent_parts import an_event


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(folder: Path) -> None:
    means = Means(now=lambda: datetime.now(UTC), monotonic=monotonic, new_epoch=lambda: uuid.uuid4().hex[:16])
    spool = open_spool(folder, SpoolSettings(keep_acked_s=3_600), means)
    spool.adopt("a1")
    stored = next((cursor.position for cursor in spool.cursors("app")), 0)
    for number in itertools.count(stored + 1):
        cursor = Cursor("app", "/l", 1, 2, "h", 4, 0, number, number)
        spool.deposit(Deposit(events=[an_event(number, code=f"C-{number}")], cursors=[cursor]))
        say(f"stored {number}")
        if number % 7 == 0 and spool.next_batch() is not None:
            say("sealed")
        if number % 21 == 0 and (batch := spool.next_batch()) is not None:
            spool.ack(batch.sequence)
            say(f"acked {batch.sequence}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Billing's worker: a process of its own that issues invoices.

Reads one JSON object a line from standard input. Its fiscal module was written for amounts above
zero and aborts the whole process at anything else: that is how this worker dies when it is told to.
"""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import sys

_BUSY_S = 5.0


def main(argv: list[str]) -> int:
    """Issue invoices until standard input ends."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # an abort must not leave a core file at a visitor's
    print("ready", flush=True)
    for line in sys.stdin:
        _issue(argv[1], json.loads(line))
    return 0


def _issue(path: str, order: dict[str, int]) -> None:
    if order["amount"] <= 0:
        os.abort()
    connection = sqlite3.connect(path, timeout=_BUSY_S)
    with connection:
        connection.execute("UPDATE invoice SET state = 'issued' WHERE id = ?", (order["invoice"],))
    connection.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv))

"""A courier as its own process: delivers one message from the database in argv[1] and says so."""

from __future__ import annotations

import secrets
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from collector.notify.calling import Calling
from collector.notify.delivery import Courier
from collector.notify.loop import trusting
from collector.notify.model import Channel
from collector.notify.sealing import Seal
from collector.store.database import Store
from collector.store.key_file import receipt_key


def main(folder: Path) -> None:
    """One round."""
    seal = Seal(receipt_key(folder, secrets.token_hex(16)))
    calling = Calling(seal, trusting(None), allow_loopback=True, step_s=30, whole_s=60)
    courier = Courier(
        Store(folder / "collector.db"),
        Channel.WEBHOOK,
        calling,
        lambda: datetime.now(UTC),
        time.monotonic,
        lambda: secrets.token_hex(16),
    )
    sys.stdout.write("delivered\n" if courier.deliver() else "nothing\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

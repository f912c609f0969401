"""Saves a tree with the archive and kills itself at the n-th write to the target, before or after it."""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from remediation.backup.engines.archive.engine import ArchiveEngine
from remediation.backup.engines.archive.keyring import Recipient
from remediation.backup.engines.targets.directory import Directory
from remediation.backup.model import SaveOrder
from tests.fakes.backup_engines import KEY, no_limit


class Fatal(Directory):
    """A directory at which this process dies."""

    left = -1
    is_after = False

    def put(self, name: str, content: bytes) -> bool:
        type(self).left -= 1
        if self.left == 0 and not self.is_after:
            os.kill(os.getpid(), signal.SIGKILL)
        done = super().put(name, content)
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return done


def main() -> None:
    base, when = Path(sys.argv[1]), sys.argv[2]
    Fatal.left, Fatal.is_after = int(when.rstrip("+")), when.endswith("+")
    target = Fatal(base / "target", pace=no_limit(), new_name=lambda: os.urandom(8).hex(), is_synced=False)
    engine = ArchiveEngine(target, Recipient(KEY), base / "cache", os.urandom)
    engine.save(SaveOrder("host-1", (base / "tree",), {}, datetime.now(UTC)), lambda _: None)


if __name__ == "__main__":
    main()

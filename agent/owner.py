"""Root acting for the agent's account, so that commands may be run with sudo on a host with separate accounts."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def as_owner(folder: Path) -> Iterator[None]:
    """Root has the rights of the folder's owner in this block; everybody else, and with no folder, their own.

    What is written belongs to the owner then, and a link that the owner has laid there leads root nowhere
    that the owner could not go. For the one thread of a command: the rights are the process's.
    """
    owner = folder.stat() if os.geteuid() == 0 and folder.exists() else None
    if owner is None or owner.st_uid == 0:
        yield
        return
    group, groups = os.getegid(), os.getgroups()
    os.setgroups([])
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)

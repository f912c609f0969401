"""Saving beside saving is fine; forgetting waits until nobody saves. Each puts its lease first and looks then.

A lease that was left behind counts no more when its snapshot is there, when this host can prove that its
owner is dead, or when it arrived a day before ours by the receiver's clock: a host that may not delete
leaves its leases to whoever forgets.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from remediation.backup.engines.archive.format import Foreign, decode, encode
from remediation.backup.engines.archive.objects import LEASES, SNAPSHOTS, Opened
from remediation.backup.engines.lease import Owner, is_provably_dead, owner_of
from remediation.backup.engines.targets.port import Absent, Kept
from remediation.backup.errors import BackupError, TargetUnavailable
from wire.sentence import sentence

FORGET: Final = "forget"
AGE_MAX: Final = timedelta(hours=24)  # longer than any run may take


@contextmanager
def leased(repository: Opened, id_: str, *, is_exclusive: bool) -> Iterator[None]:
    """Hold a lease for a block. `TargetUnavailable` while somebody else's work forbids it."""
    name = f"{LEASES}/{FORGET if is_exclusive else ''}{id_}"
    owner = owner_of(os.getpid())
    repository.target.put(name, repository.keys.seal_head(encode(owner), name, repository.random))
    try:
        holder = _holder(repository, name, is_exclusive=is_exclusive)
        if holder is not None:
            raise TargetUnavailable(
                sentence(
                    "{path} is in use by {holder}; the next run tries again",
                    path=repository.target.where,
                    holder=holder,
                )
            )
        yield
    finally:
        with contextlib.suppress(BackupError):  # a host that may not delete leaves it to the receiver
            repository.target.delete(name)


def left_behind(repository: Opened, mine: str) -> list[str]:
    """Leases that count no more."""
    leases = list(repository.target.listed(LEASES))
    own = next((lease for lease in leases if lease.name.endswith(mine)), None)
    return [lease.name for lease in leases if lease is not own and _is_over(repository, lease, own)]


def _holder(repository: Opened, name: str, *, is_exclusive: bool) -> str | None:
    leases = list(repository.target.listed(LEASES))
    own = next((lease for lease in leases if lease.name == name), None)
    for lease in leases:
        matters = is_exclusive or lease.name.startswith(f"{LEASES}/{FORGET}")
        if lease.name != name and matters and not _is_over(repository, lease, own):
            owner = _owner(repository, lease.name)
            return f"{owner.host} ({owner.pid})" if owner else lease.name
    return None


def _is_over(repository: Opened, lease: Kept, own: Kept | None) -> bool:
    id_ = lease.name.removeprefix(f"{LEASES}/")
    with contextlib.suppress(Absent):
        repository.target.get(f"{SNAPSHOTS}/{id_}", 0, 1)
        return True
    owner = _owner(repository, lease.name)
    if owner is not None and is_provably_dead(owner):
        return True
    if own is None or own.arrived_at is None or lease.arrived_at is None:
        return False
    return own.arrived_at - lease.arrived_at > AGE_MAX


def _owner(repository: Opened, name: str) -> Owner | None:
    with contextlib.suppress(Absent, Foreign):
        return decode(repository.keys.open_head(repository.target.get(name), name), Owner)
    return None

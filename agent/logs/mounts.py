"""Which file system a path lies on, without touching it: a dead NFS server must not be asked where it is.

The answer is read from the kernel's table of mounts and compared by names, so links on the way do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

TABLE: Final = Path("/proc/self/mountinfo")
NETWORK: Final = frozenset(
    {"9p", "afs", "ceph", "cifs", "davfs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs", "virtiofs"}
)
_OCTAL: Final = re.compile(r"\\([0-7]{3})")


class Mount(NamedTuple):
    """One mounted file system; `kind` as the kernel calls it, for example ext4."""

    point: str
    kind: str

    @property
    def is_remote(self) -> bool:
        """Whether its files are on another machine: the kernel gives no notice of what is written there."""
        return self.kind in NETWORK or self.kind.startswith("fuse")


def read_mounts(table: Path = TABLE) -> list[Mount]:
    """Every mount; none where the kernel does not tell."""
    try:
        lines = table.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []
    return [mount for line in lines if (mount := _mount_of(line))]


def find_mount(path: str, mounts: Iterable[Mount]) -> Mount | None:
    """The mount that an absolute path lies on: of the longest ones the last, which covers those before it."""
    found: Mount | None = None
    for mount in mounts:
        inside = path == mount.point or path.startswith(mount.point.rstrip("/") + "/")
        if inside and (found is None or len(mount.point) >= len(found.point)):
            found = mount
    return found


def _mount_of(line: str) -> Mount | None:
    """See proc(5): the mount point is the fifth field, the kind stands after a lone hyphen."""
    before, _, after = line.partition(" - ")
    fields, kinds = before.split(" "), after.split(" ")
    if len(fields) < 5 or not kinds[0]:  # noqa: PLR2004  # see above
        return None
    return Mount(_OCTAL.sub(lambda octal: chr(int(octal[1], 8)), fields[4]), kinds[0])

"""Who may become root on this host, compared with who could.

Accounts with user id 0, members of the groups that administrators are in, and the rules of sudo. The
agent may not read those rules; size and time of each file tell that they changed, not what in them.
Accounts of a directory service (LDAP, Active Directory) are not seen here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from agent.health.differences import compare, memory_text, read_memory
from agent.health.probe import Reading, Remember, reading_of

GROUPS = frozenset({"root", "sudo", "wheel", "admin", "adm_admins", "docker", "lxd"})  # the last two give root as well
FILE_BYTES = 4_000_000
RULES = 200


class Administrators:
    """A reading for each account or rule that appeared or went lately."""

    name = "administrators"

    def __init__(
        self, settle_s: float, recall: Callable[[str], str], interval_s: float = 300, *, folder: Path = Path("/etc")
    ) -> None:
        self.interval_s = interval_s
        self._settle_s = settle_s
        self._recall = recall
        self._folder = folder

    def read(self, now: datetime) -> Iterator[Reading | Remember]:
        """Compare, tell, remember."""
        present = frozenset(_accounts(self._folder)) | frozenset(_rules(self._folder))
        memory = compare(read_memory(self._recall(self.name)), present, now.timestamp(), self._settle_s)
        for name in memory.changed:
            words = "is new" if name in present else "is gone"
            yield reading_of("HOST-ADM-0001", name, is_bad=True, text=f"{name} {words}")
        yield Remember(memory_text(memory))


def _accounts(folder: Path) -> Iterator[str]:
    numbers: dict[str, list[str]] = {}
    for name, _, uid, gid, *_ in _rows(folder / "passwd"):
        if uid == "0":
            yield f"{name} (user id 0)"
        numbers.setdefault(gid, []).append(name)
    for group, _, gid, members, *_ in _rows(folder / "group"):
        if group in GROUPS:
            for member in {*members.split(","), *(numbers.get(gid, []) if group != "root" else ())} - {""}:
                yield f"{member} (group {group})"


def _rows(path: Path) -> Iterator[list[str]]:
    with path.open("rb") as file:
        for line in file.read(FILE_BYTES).decode("utf-8", "replace").splitlines():
            words = line.split(":")
            if len(words) >= 4 and not line.startswith("#"):  # noqa: PLR2004  # columns that are read here
                yield words


def _rules(folder: Path) -> Iterator[str]:
    """The files of sudo with size and time; those of a folder that may not be listed are left out."""
    try:
        extra = sorted((folder / "sudoers.d").iterdir())[:RULES]
    except OSError:
        extra = []
    for path in (folder / "sudoers", *extra):
        try:
            found = path.stat()
        except OSError:
            continue
        yield f"rules of sudo in {path} ({found.st_size} bytes of {int(found.st_mtime)})"

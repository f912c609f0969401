"""The folder of one scratch server: empty at the beginning, gone at the end, also after a crash.

A lease in it says which process made it: its number, when it began, and in which boot. What a crash left
behind is found at the next start by its lease: the server in it is ended and the folder removed. A folder
without a lease, or whose owner lives, is not touched.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from remediation.backup.errors import RestoreRefused
from wire.sentence import sentence

LEASE: Final = "lease.json"
PATH_BYTES: Final = 80  # a socket below it has to fit into the 107 bytes of an address
SERVERS: Final = frozenset({"postgres", "mariadbd", "mysqld", "redis-server"})
# What only a folder with a server's own data holds.
LIVE_MARKS: Final = ("PG_VERSION", "postmaster.pid", "ibdata1", "aria_log_control", "dump.rdb", "appendonlydir")
OWNERS_OF_LIVE: Final = frozenset({"root", "postgres", "mysql", "redis"})
_PROC: Final = Path("/proc")


class Lease(Struct, kw_only=True, frozen=True):
    """Who made a scratch folder."""

    pid: int
    began: int  # in clock ticks since the boot
    boot: str


@contextlib.contextmanager
def scratch_folder(into: Path, account: str, *, has_socket: bool = True) -> Iterator[Path]:
    """`into` for the length of a block, belonging to `account`; `RestoreRefused` when it may not be used."""
    _refuse_unfit(into, PATH_BYTES if has_socket else None)
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        into.chmod(0o700)
        (into / LEASE).write_bytes(msgspec.json.encode(_lease_of(os.getpid())))
        if account:
            owner = pwd.getpwnam(account)
            _refuse_unreachable(into, owner)
            os.chown(into, owner.pw_uid, owner.pw_gid)
        yield into
    finally:
        shutil.rmtree(into, ignore_errors=True)


def let_through(folder: Path, account: str) -> None:
    """Let the account of the scratch servers, and nobody else, pass through a private folder of ours."""
    if account and os.geteuid() == 0:
        os.chown(folder, -1, pwd.getpwnam(account).pw_gid)
        folder.chmod(0o710)


def checked_account(account: str, uid: int) -> str:
    """The account of a scratch server; empty: the one that we are. Servers do not run as root, nor beside live data."""
    if uid != 0:
        return ""
    if not account or account in OWNERS_OF_LIVE:
        raise RestoreRefused(
            sentence("a scratch server needs an account that owns nothing; name one other than {account}",
                     account=account or "root")
        )  # fmt: skip
    try:
        pwd.getpwnam(account)
    except KeyError as error:
        raise RestoreRefused(sentence("there is no account {account}", account=account)) from error
    return account


def sweep(root: Path) -> list[Path]:
    """End and remove what dead processes left below `root`; the folders that were removed."""
    removed = []
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
        lease = _read_lease(folder / LEASE)
        if lease is None or _is_held(lease):
            continue
        for pid in _servers_in(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)
        removed.append(folder)
    return removed


def _refuse_unfit(into: Path, limit: int | None) -> None:
    if limit is not None and len(os.fsencode(into.absolute())) > limit:
        raise RestoreRefused(sentence("{path} is too long for a scratch server: {limit} bytes", path=into, limit=limit))
    if into.is_symlink() or (into.exists() and (not into.is_dir() or any(into.iterdir()))):
        raise RestoreRefused(sentence("{path} is not an empty folder", path=into))
    for folder in (into.absolute(), *into.absolute().parents):
        if any((folder / mark).exists() for mark in LIVE_MARKS):
            raise RestoreRefused(sentence("{path} is inside the folder of a database server", path=into))


def _refuse_unreachable(into: Path, owner: pwd.struct_passwd) -> None:
    for folder in into.absolute().parents:
        found = folder.stat()
        shift = 6 if found.st_uid == owner.pw_uid else 3 if found.st_gid == owner.pw_gid else 0
        if not found.st_mode >> shift & 1:
            raise RestoreRefused(
                sentence("{account} may not pass through {path}, where its scratch server would work",
                         account=owner.pw_name, path=folder)
            )  # fmt: skip


def _read_lease(path: Path) -> Lease | None:
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(path.read_bytes(), type=Lease)
    return None


def _lease_of(pid: int) -> Lease:
    return Lease(pid=pid, began=_began(pid), boot=(_PROC / "sys/kernel/random/boot_id").read_text().strip())


def _is_held(lease: Lease) -> bool:
    try:
        return _lease_of(lease.pid) == lease
    except (OSError, IndexError, ValueError):
        return False


def _began(pid: int) -> int:
    return int((_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()[19])


def _servers_in(folder: Path) -> Iterator[int]:
    """Database servers that work in `folder`: each of them makes its data folder its own working folder."""
    inside = folder.resolve()
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                works_in = (entry / "cwd").readlink()
                if works_in.is_relative_to(inside) and (entry / "exe").readlink().name.split()[0] in SERVERS:
                    yield int(entry.name)

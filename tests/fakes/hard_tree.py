"""A tree with everything that a backup may lose, and a description of a tree that misses nothing."""

from __future__ import annotations

import hashlib
import os
import random
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ACL = bytes.fromhex("0200000001000600ffffffff020004000000000004000400ffffffff10000600ffffffff20000400ffffffff")
LARGE_BYTES = 3 << 20
MANY = 60


def make(root: Path, *, is_root: bool = os.geteuid() == 0) -> None:
    """Fill a folder; what only root can make is left out for others."""
    rng = random.Random(7)
    root.mkdir(parents=True)
    (root / "empty").touch()
    (root / "small").write_bytes(b"small content\n" * 20)
    (root / "large").write_bytes(rng.randbytes(LARGE_BYTES + 12_345))
    (root / "text").write_text("the same line again\n" * 100_000)
    (root / "twin of text").write_text("the same line again\n" * 100_000)
    (root / "empty folder").mkdir(mode=0o700)
    (root / "locked folder").mkdir()
    (root / "locked folder/inside").write_text("x")
    for number in range(MANY):
        path = root / "many" / f"{number // 20}" / f"file {number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rng.randbytes(rng.randrange(4_000)))
    _odd_names(root / "names")
    _links(root)
    _sparse(root)
    _attributes(root)
    os.mkfifo(root / "fifo", 0o640)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(os.path.relpath(root / "socket"))
    if is_root:
        _of_others(root)
    (root / "locked folder").chmod(0o555)
    _times(root, rng)


def is_readable(path: Path) -> bool:
    """Whether this account can read a file, by whatever right."""
    try:
        path.read_bytes()
    except PermissionError:
        return False
    return True


def _odd_names(folder: Path) -> None:
    folder.mkdir()
    names = [
        b"\xff\xfe broken",
        b"new\nline",
        b"tab\t",
        b"star*[x]?",
        b"-dash",
        b"back\\slash",
        b"quote'\"",
        b" space ",
    ]
    names += ["한국어".encode(), "中文 文件".encode(), "e\u0301".encode(), "\u00e9".encode(), b"~", b"...", b"x" * 250]
    for name in names:
        (folder / os.fsdecode(name)).write_bytes(b"named " + name)
    (folder / os.fsdecode(b"folder \xe9\xe8")).mkdir()
    (folder / os.fsdecode(b"folder \xe9\xe8/in\xfcside")).write_text("deep")


def _links(root: Path) -> None:
    (root / "links").mkdir()
    (root / "a first name").write_text("one content, three names")
    (root / "links/second").hardlink_to(root / "a first name")
    (root / "links/third").hardlink_to(root / "a first name")
    for name, target in [
        ("to file", "../small"),
        ("to nothing", "absent"),
        ("to outside", "/etc/passwd"),
        ("up", ".."),
    ]:
        (root / "links" / name).symlink_to(target)
    (root / "links" / os.fsdecode(b"odd \xff")).symlink_to(os.fsdecode(b"target \xfe"))


def _sparse(root: Path) -> None:
    with (root / "sparse").open("wb") as file:
        file.seek(1 << 20)
        file.write(b"island" * 10_000)
        file.seek(6 << 20)
        file.write(b"second island")
        file.truncate(12 << 20)
    with (root / "hole only").open("wb") as file:
        file.truncate(5 << 20)


def _attributes(root: Path) -> None:
    path = root / "attributed"
    path.write_text("attributes")
    os.setxattr(path, "user.note", b"\x00binary\xff")
    os.setxattr(path, "user.empty", b"")
    os.setxattr(root / "empty folder", "user.folder", b"yes")
    (root / "with acl").write_text("acl")
    os.setxattr(root / "with acl", "system.posix_acl_access", ACL)
    os.setxattr(root / "many", "system.posix_acl_default", ACL)
    for name, mode in [("setuid", 0o4755), ("setgid", 0o2750), ("nothing", 0o000), ("all", 0o777)]:
        (root / name).write_text(name)
        (root / name).chmod(mode)
    (root / "sticky").mkdir()
    (root / "sticky").chmod(0o1777)


def _of_others(root: Path) -> None:
    for number, name in enumerate(["small", "attributed", "fifo", "empty folder", "setuid"]):
        os.chown(root / name, 1_234 + number, 4_321)
    os.chown(root / "links/to file", 77, 78, follow_symlinks=False)
    (root / "setuid").chmod(0o4755)
    os.mknod(root / "character device", stat.S_IFCHR | 0o620, os.makedev(1, 3))
    os.mknod(root / "block device", stat.S_IFBLK | 0o660, os.makedev(7, 99))
    os.setxattr(root / "all", "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))
    os.setxattr(root / "all", "trusted.note", b"for root")


def _times(root: Path, rng: random.Random) -> None:
    for folder, _, names in os.walk(root, topdown=False):
        for name in [*names, ""]:
            moment = rng.randrange(0, 2_000_000_000_000_000_000)
            os.utime(Path(folder) / name if name else folder, ns=(moment, moment), follow_symlinks=False)


def described(root: Path) -> dict[bytes, tuple[object, ...]]:
    """Everything about each entry, by its path below `root`."""
    top = os.fsencode(root)
    found: dict[bytes, tuple[object, ...]] = {}
    inodes: dict[int, bytes] = {}
    for path in sorted(_paths(top)):
        status = os.lstat(path)
        name = path[len(top) :]
        first = inodes.setdefault(status.st_ino, name)
        xattrs = {
            one: os.getxattr(path, one, follow_symlinks=False) for one in os.listxattr(path, follow_symlinks=False)
        }
        what: object = None
        if stat.S_ISREG(status.st_mode):
            with _readable(path, status) as readable, open(readable, "rb") as file:  # noqa: PTH123  # bytes
                what = (status.st_size, hashlib.file_digest(file, "sha256").hexdigest(), first)
        elif stat.S_ISLNK(status.st_mode):
            what = os.readlink(path)  # noqa: PTH115  # bytes
        elif stat.S_ISBLK(status.st_mode) or stat.S_ISCHR(status.st_mode):
            what = status.st_rdev
        owner = (status.st_uid, status.st_gid)
        found[name] = (oct(status.st_mode), *owner, status.st_mtime_ns, tuple(sorted(xattrs.items())), what)
    return found


@contextmanager
def _readable(path: bytes, status: os.stat_result) -> Iterator[bytes]:
    """Who is not root looks into a file without permissions by giving them for a moment."""
    if status.st_mode & 0o400 or os.geteuid() == 0:
        yield path
        return
    os.chmod(path, 0o600)  # noqa: PTH101  # bytes
    yield path
    os.chmod(path, stat.S_IMODE(status.st_mode))  # noqa: PTH101


def _paths(folder: bytes) -> Iterator[bytes]:
    yield folder
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from _paths(entry.path)
        else:
            yield entry.path

"""The little of the tar format that patches use, in one form: what may be written follows from name and size alone.

Heads are compared with what they have to be, never interpreted. So there are no links, devices, sparse files,
owners, times or extensions to refuse one by one. Any tar reads what is written here. Pure.
"""

from __future__ import annotations

from typing import Final

BLOCK: Final = 512
END: Final = bytes(2 * BLOCK)
_NAME_BYTES: Final = 100
_RECORD: Final = "./.path"  # the name of an entry that only says the path of the next one
_FILE, _PATH = b"0", b"x"


def head(path: str, size: int, mode: int = 0o644) -> bytes:
    """What stands before the content of a regular file of `size` bytes (below 8 GB).

    >>> len(head("bin/app", 5)), len(head("bin/" + "x" * 200, 5))
    (512, 1536)
    """
    name = path.encode()
    if path.isascii() and len(name) <= _NAME_BYTES:
        return _block(name, size, mode, _FILE)
    record = _path_record(name)
    return b"".join(
        (
            _block(_RECORD.encode(), len(record), mode, _PATH),
            record,
            padding(len(record)),
            _block(name[:_NAME_BYTES], size, mode, _FILE),
        )
    )


def padding(size: int) -> bytes:
    """What fills the last block of a content."""
    return bytes(-size % BLOCK)


def named(block: bytes) -> tuple[str, int] | None:
    """Name and size in a head of a short name; None for every other block, so for the end, too.

    >>> named(head("bin/app", 5)), named(bytes(BLOCK))
    (('bin/app', 5), None)
    """
    try:
        name = block[:_NAME_BYTES].rstrip(b"\0").decode("ascii")
        size = int(block[124:135].decode("ascii"), 8)
    except ValueError:
        return None
    is_one = bool(name) and 0 <= size < 8**11 and block == _block(name.encode(), size, 0o644, _FILE)
    return (name, size) if is_one else None


def _path_record(name: bytes) -> bytes:
    """`LENGTH path=NAME`, where the length counts itself."""
    rest = b" path=" + name + b"\n"
    length = len(rest)
    while length != len(rest) + len(str(length)):
        length = len(rest) + len(str(length))
    return str(length).encode() + rest


def _block(name: bytes, size: int, mode: int, kind: bytes) -> bytes:
    fields = [
        name.ljust(_NAME_BYTES, b"\0"),
        b"%07o\0" % mode,
        b"%07o\0" % 0,  # owner and group are those that the host gives
        b"%07o\0" % 0,
        b"%011o\0" % size,
        b"%011o\0" % 0,  # no time: the same files are the same bytes
        b" " * 8,
        kind,
        bytes(100),
        b"ustar\x0000",
        bytes(64),
        b"%07o\0" % 0,
        b"%07o\0" % 0,
    ]
    block = b"".join(fields).ljust(BLOCK, b"\0")
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]

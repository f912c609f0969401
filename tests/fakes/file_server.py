"""A file system of our own, served from this process's child over /dev/fuse: the kernel's side is real.

One flat folder of files in memory. What a disk or a file server does wrong can be had from it: `fail_flush_at`
answers one flush with EIO, and a server that is stopped (SIGSTOP) answers nobody, so that whoever
reads, looks or lists there sleeps in the kernel. It is mounted in a namespace of its own; see `run_in_namespace`.
The numbers are those of linux/fuse.h, protocol 7.31.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import signal
import stat
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

ROOT: Final = 1
WRITE_BYTES: Final = 128 * 1024
REQUEST: Final = struct.Struct("<IIQQIIII")
REPLY: Final = struct.Struct("<IiQ")
INIT: Final = struct.Struct("<IIIIHHIIHH32x")
OPENED: Final = struct.Struct("<QII")
ATTRIBUTES: Final = struct.Struct("<QQQQQQIIIIIIIIII")
ENTRY: Final = struct.Struct("<QQQQII")
TRANSFER: Final = struct.Struct("<QQI20x")
LISTED: Final = struct.Struct("<QQII")
NEW_SIZE: Final = 1 << 3


class Files:
    """The files, by number; each request of the kernel is one method's work."""

    def __init__(self, fail_flush_at: int, fired: Path | None) -> None:
        self._names: dict[str, int] = {}
        self._content: dict[int, bytearray] = {}
        self._next = ROOT + 1
        self._flushes = 0
        self._fail_flush_at = fail_flush_at
        self._fired = fired
        self._table: dict[int, Callable[[int, bytes], bytes]] = {
            1: self._lookup,
            3: lambda node, _: struct.pack("<QII", 0, 0, 0) + self._attributes(node),
            4: self._set,
            10: self._unlink,
            12: lambda _, body: self._rename(body[8:]),
            14: lambda _, __: OPENED.pack(0, 0, 0),
            15: self._read,
            16: self._write,
            17: lambda _, __: struct.pack("<5Q4I24x", 10**6, 10**6, 10**6, 10**6, 10**6, 4096, 255, 4096, 0),
            18: lambda _, __: b"",
            20: self._flush,
            25: lambda _, __: b"",
            26: lambda _, __: INIT.pack(7, 31, WRITE_BYTES, 0, 12, 9, WRITE_BYTES, 1, 0, 0),
            27: lambda _, __: OPENED.pack(0, 0, 0),
            28: self._list,
            29: lambda _, __: b"",
            30: lambda _, __: b"",
            35: self._create,
            45: lambda _, body: self._rename(body[16:]),
        }

    def answer(self, opcode: int, node: int, body: bytes) -> bytes:
        """What the kernel gets; OSError where it gets an error."""
        if opcode not in self._table:
            raise OSError(errno.ENOSYS, "unknown here")
        return self._table[opcode](node, body)

    def _attributes(self, node: int) -> bytes:
        is_folder = node == ROOT
        size = 0 if is_folder else len(self._content[node])
        mode = stat.S_IFDIR | 0o755 if is_folder else stat.S_IFREG | 0o644
        links = 2 if is_folder else 1
        return ATTRIBUTES.pack(node, size, (size + 511) // 512, 0, 0, 0, 0, 0, 0, mode, links, 0, 0, 0, 4096, 0)

    def _entry(self, node: int) -> bytes:
        return ENTRY.pack(node, 0, 0, 0, 0, 0) + self._attributes(node)

    def _lookup(self, _: int, body: bytes) -> bytes:
        node = self._names.get(_name(body))
        if node is None:
            raise OSError(errno.ENOENT, "no such file")
        return self._entry(node)

    def _create(self, _: int, body: bytes) -> bytes:
        node, self._next = self._next, self._next + 1
        self._names[_name(body[16:])] = node
        self._content[node] = bytearray()
        return self._entry(node) + OPENED.pack(0, 0, 0)

    def _set(self, node: int, body: bytes) -> bytes:
        valid, size = struct.unpack_from("<I12xQ", body)
        if valid & NEW_SIZE:
            content = self._content[node]
            content[size:] = b""
            content.extend(bytes(size - len(content)))
        return struct.pack("<QII", 0, 0, 0) + self._attributes(node)

    def _unlink(self, _: int, body: bytes) -> bytes:
        self._names.pop(_name(body))  # the content stays for whoever has it open
        return b""

    def _rename(self, names: bytes) -> bytes:
        old, new = names.split(b"\0")[:2]
        self._names[new.decode()] = self._names.pop(old.decode())
        return b""

    def _read(self, node: int, body: bytes) -> bytes:
        _, offset, size = TRANSFER.unpack_from(body)
        return bytes(self._content[node][offset : offset + size])

    def _write(self, node: int, body: bytes) -> bytes:
        _, offset, size = TRANSFER.unpack_from(body)
        content = self._content[node]
        content.extend(bytes(max(0, offset + size - len(content))))
        content[offset : offset + size] = body[TRANSFER.size : TRANSFER.size + size]
        return struct.pack("<II", size, 0)

    def _flush(self, _: int, __: bytes) -> bytes:
        self._flushes += 1
        if self._flushes != self._fail_flush_at:
            return b""
        if self._fired:
            self._fired.touch()
        raise OSError(errno.EIO, "the disk could not write it")

    def _list(self, _: int, body: bytes) -> bytes:
        _, offset, size = TRANSFER.unpack_from(body)
        found = b""
        for at, (name, node) in enumerate(sorted(self._names.items())):
            raw = name.encode()
            entry = LISTED.pack(node, at + 1, len(raw), stat.S_IFREG >> 12) + raw
            entry += bytes(-len(entry) % 8)
            if at >= offset and len(found) + len(entry) <= size:
                found += entry
        return found


def _name(body: bytes) -> str:
    return body.partition(b"\0")[0].decode()


def _serve(device: int, files: Files) -> None:
    silent = {2, 36, 42}  # forget, interrupt, forget several: the kernel wants no answer
    while True:
        try:
            raw = os.read(device, WRITE_BYTES + 4096)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINTR):
                continue
            return
        _, opcode, unique, node, *_ = REQUEST.unpack_from(raw)
        if opcode in silent:
            continue
        try:
            answer, code = files.answer(opcode, node, raw[REQUEST.size :]), 0
        except OSError as error:
            answer, code = b"", -(error.errno or errno.EIO)
        with contextlib.suppress(FileNotFoundError):  # whoever asked was killed meanwhile
            os.write(device, REPLY.pack(REPLY.size + len(answer), code, unique) + answer)


@contextlib.contextmanager
def file_server(folder: Path, *, fail_flush_at: int = 0, fired: Path | None = None) -> Iterator[int]:
    """Mount it on `folder`; gives the process id of the server. Ends it, and with it every request that waits."""
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}".encode()
    if ctypes.CDLL(None, use_errno=True).mount(b"ours", os.fsencode(folder), b"fuse", 0, options) != 0:
        raise OSError(ctypes.get_errno(), "mount")
    server = os.fork()
    if server == 0:
        _serve(device, Files(fail_flush_at, fired))
        os._exit(0)
    os.close(device)
    try:
        yield server
    finally:
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)


def run_in_namespace(repository: Path, child: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this program where it may mount; root of its own namespace, nobody beyond."""
    return subprocess.run(
        ["unshare", "-rm", sys.executable, "-c", child, *arguments],
        capture_output=True,
        text=True,
        cwd=repository,
        env=os.environ | {"PYTHONPATH": str(repository)},
        check=False,
        timeout=120,
    )

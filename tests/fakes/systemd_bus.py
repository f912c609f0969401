"""A message bus with a systemd behind it, from the specification: it parses what comes and marshals an answer.

A reader and writer of its own, sharing nothing with the client under test.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

UNIT = tuple[str, str, str, str]
JOB = tuple[str, str]


class _Out:
    def __init__(self) -> None:
        self.raw = bytearray()

    def pad(self, size: int) -> None:
        while len(self.raw) % size:
            self.raw.append(0)

    def u(self, value: int) -> None:
        self.pad(4)
        self.raw += struct.pack("<I", value)

    def s(self, text: str) -> None:
        encoded = text.encode()
        self.u(len(encoded))
        self.raw += encoded + b"\0"

    def g(self, text: str) -> None:
        self.raw.append(len(text))
        self.raw += text.encode() + b"\0"


def _message(kind: int, serial: int, reply_to: int, signature: str, body: bytes) -> bytes:
    fields = _Out()
    for code, sign, value in ((5, "u", reply_to), (8, "g", signature), (7, "s", "org.freedesktop.DBus")):
        fields.pad(8)
        fields.raw.append(code)
        fields.g(sign)
        if sign == "u":
            fields.u(int(value))
        elif sign == "g":
            fields.g(str(value))
        else:
            fields.s(str(value))
    head = struct.pack("<cBBBIII", b"l", kind, 0, 1, len(body), serial, len(fields.raw))
    out = _Out()
    out.raw += head + fields.raw
    out.pad(8)
    return bytes(out.raw) + body


def units_body(units: Sequence[UNIT]) -> bytes:
    """`a(ssssssouso)`; the length counts from behind the padding."""
    out = _Out()
    out.u(0)
    out.pad(8)
    start = len(out.raw)
    for name, load, active, sub in units:
        out.pad(8)
        for text in (name, f"설명 of {name}", load, active, sub, "", "/org/freedesktop/systemd1/unit/x"):
            out.s(text)
        out.u(0)
        out.s("")
        out.s("/")
    out.raw[:4] = struct.pack("<I", len(out.raw) - start)
    return bytes(out.raw)


def jobs_body(jobs: Sequence[tuple[str, str]]) -> bytes:
    """`a(usssoo)`: number, unit, kind, state, two paths."""
    out = _Out()
    out.u(0)
    out.pad(8)
    start = len(out.raw)
    for number, (unit, kind) in enumerate(jobs, start=41):
        out.pad(8)
        out.u(number)
        for text in (unit, kind, "waiting", f"/org/freedesktop/systemd1/job/{number}", "/org/freedesktop/systemd1/u"):
            out.s(text)
    out.raw[:4] = struct.pack("<I", len(out.raw) - start)
    return bytes(out.raw)


def _serve(listener: socket.socket, units: Sequence[UNIT], jobs: Sequence[JOB], behaviour: str) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            _talk(connection, units, jobs, behaviour)


def _talk(connection: socket.socket, units: Sequence[UNIT], jobs: Sequence[JOB], behaviour: str) -> None:
    file = connection.makefile("rb")
    line = file.readline()
    assert line.startswith(b"\0AUTH EXTERNAL "), line
    if behaviour == "refuses":
        connection.sendall(b"REJECTED EXTERNAL\r\n")
        return
    connection.sendall(b"OK 0123\r\n")
    assert file.readline() == b"BEGIN\r\n"
    for serial in range(1, 10):
        head = file.read(16)
        if len(head) < 16:
            return
        body_bytes, number, fields_bytes = struct.unpack("<III", head[4:])
        fields = file.read(-(-fields_bytes // 8) * 8)
        file.read(body_bytes)
        if b"List" not in fields:
            connection.sendall(_message(2, serial, number, "s", struct.pack("<I", 4) + b":1.7\0"))
            connection.sendall(_message(4, serial + 50, 0, "s", struct.pack("<I", 4) + b":1.7\0"))  # a signal between
        elif behaviour == "hangs":
            file.read(1)
        elif behaviour == "errs":
            connection.sendall(_message(3, serial, number, "s", struct.pack("<I", 2) + b"no\0"))
        elif behaviour == "lies":
            connection.sendall(_message(2, serial, number, "s", b"\xff\xff\xff\x00" * 9))
        else:
            is_jobs = b"ListJobs" in fields
            signature = "a(usssoo)" if is_jobs else "a(ssssssouso)"
            connection.sendall(
                _message(2, serial, number, signature, jobs_body(jobs) if is_jobs else units_body(units))
            )


@contextmanager
def systemd_bus(
    path: Path, units: Sequence[UNIT], behaviour: str = "answers", *, jobs: Sequence[JOB] = ()
) -> Iterator[Path]:
    """A bus at `path`."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    thread = threading.Thread(target=_serve, args=(listener, units, jobs, behaviour), daemon=True)
    thread.start()
    try:
        yield path
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)

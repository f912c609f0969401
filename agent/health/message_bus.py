"""Two questions to systemd over the D-Bus system bus, from the D-Bus specification 0.43.

Only what they need: authentication by the user id of the socket, `Hello`, and method calls without
arguments whose answers are the list of units and the list of jobs. Anybody on a host may ask it. No program is
started, so that the agent's unit may forbid it to start any. Everything is bounded: seconds of
waiting, bytes of a message, units of an answer.
"""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

SYSTEM_BUS: Final = Path("/run/dbus/system_bus_socket")
WAIT_S: Final = 5.0
MESSAGE_BYTES: Final = 8_000_000  # 20,000 units; the specification allows 128 MiB
LINE_BYTES: Final = 512
MANAGER: Final = "org.freedesktop.systemd1"
MANAGER_PATH: Final = "/org/freedesktop/systemd1"
MESSAGES: Final = 20  # signals that may come before the answer

_CALL, _RETURN, _ERROR = 1, 2, 3
_PATH, _INTERFACE, _MEMBER, _REPLY_TO, _DESTINATION = 1, 2, 3, 5, 6
_HEAD = struct.Struct("<4sIII")


class BusRefused(Exception):
    """The bus, or systemd behind it, did not answer the question."""


class Unit(NamedTuple):
    """One loaded unit: its name, whether it is loaded, active or failed, and the finer state."""

    name: str
    load: str
    active: str
    sub: str


class Job(NamedTuple):
    """One waiting or running job: the unit, and what is done to it (start, stop ...)."""

    unit: str
    kind: str


class MessageBus:
    """A connection, for as long as the block lasts."""

    def __init__(self, path: Path = SYSTEM_BUS, wait_s: float = WAIT_S) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(wait_s)
        self._path = path
        self._serial = 0

    def __enter__(self) -> Self:
        try:
            self._socket.connect(str(self._path))
            self._begin()
            self.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello")
        except BaseException:
            self._socket.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def units(self) -> list[Unit]:
        """Every unit that systemd has loaded."""
        return read_units(self.call(MANAGER, MANAGER_PATH, f"{MANAGER}.Manager", "ListUnits"))

    def jobs(self) -> list[Job]:
        """Everything that systemd is about to start or stop."""
        return read_jobs(self.call(MANAGER, MANAGER_PATH, f"{MANAGER}.Manager", "ListJobs"))

    def call(self, destination: str, path: str, interface: str, member: str) -> bytes:
        """Call a method without arguments; the bytes of its answer's body."""
        self._serial += 1
        self._socket.sendall(call_bytes(self._serial, destination, path, interface, member))
        for _ in range(MESSAGES):
            kind, fields, body = self._message()
            if fields.get(_REPLY_TO) == self._serial:
                if kind == _ERROR:
                    raise BusRefused(f"{member}: {fields.get(4, 'an error')}")
                return body
        raise BusRefused(f"no answer to {member}")

    def _begin(self) -> None:
        user = str(os.getuid()).encode().hex().encode()
        self._socket.sendall(b"\0AUTH EXTERNAL " + user + b"\r\n")
        if not self._line().startswith(b"OK "):
            raise BusRefused("it does not know this user")
        self._socket.sendall(b"BEGIN\r\n")

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\r\n"):
            if len(line) > LINE_BYTES:
                raise BusRefused("it speaks something else")
            line += self._exactly(1)
        return line

    def _message(self) -> tuple[int, dict[int, str | int], bytes]:
        flags, body_bytes, _, fields_bytes = _HEAD.unpack(self._exactly(_HEAD.size))
        if flags[:1] != b"l" or body_bytes + fields_bytes > MESSAGE_BYTES:
            raise BusRefused("a message of another byte order, or too large a one")
        padded = -(-fields_bytes // 8) * 8
        fields = read_fields(self._exactly(padded)[:fields_bytes])
        return flags[1], fields, self._exactly(body_bytes)

    def _exactly(self, count: int) -> bytes:
        chunks = bytearray()
        while len(chunks) < count:
            chunk = self._socket.recv(min(65_536, count - len(chunks)))
            if not chunk:
                raise BusRefused("it closed the connection")
            chunks += chunk
        return bytes(chunks)


def call_bytes(serial: int, destination: str, path: str, interface: str, member: str) -> bytes:
    """A method call without arguments, little-endian."""
    fields = b""
    for code, kind, text in (
        (_PATH, b"o", path),
        (_DESTINATION, b"s", destination),
        (_INTERFACE, b"s", interface),
        (_MEMBER, b"s", member),
    ):
        raw = text.encode("ascii")
        fields += b"\0" * (-len(fields) % 8)  # each field is a structure: it starts at a multiple of 8
        fields += bytes([code, 1]) + kind + b"\0" + struct.pack("<I", len(raw)) + raw + b"\0"
    head = _HEAD.pack(bytes((ord("l"), _CALL, 0, 1)), 0, serial, len(fields))
    return head + fields + b"\0" * (-len(fields) % 8)


class _Reader:
    """Walks through marshalled values."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.at = 0

    def align(self, size: int) -> None:
        self.at += -self.at % size

    def number(self) -> int:
        self.align(4)
        (value,) = struct.unpack_from("<I", self.raw, self.at)
        self.at += 4
        return int(value)

    def text(self) -> str:
        size = self.number()
        start, self.at = self.at, self.at + size + 1
        return self.raw[start : start + size].decode("utf-8", "replace")

    def signature(self) -> bytes:
        size = self.raw[self.at]
        start, self.at = self.at + 1, self.at + 2 + size
        return self.raw[start : start + size]


def read_fields(raw: bytes) -> dict[int, str | int]:
    """The header fields of a message by their codes: texts, and the serial that is answered."""
    reader, fields = _Reader(raw), dict[int, str | int]()
    try:
        while reader.at < len(raw):
            reader.align(8)
            code = raw[reader.at]
            reader.at += 1
            kind = reader.signature()
            if kind == b"g":
                fields[code] = reader.signature().decode("ascii", "replace")
            else:
                fields[code] = reader.number() if kind == b"u" else reader.text()
    except (struct.error, IndexError) as error:
        raise BusRefused("a header that cannot be read") from error
    return fields


def read_units(body: bytes) -> list[Unit]:
    """The answer of `ListUnits`, an array of (name, description, load, active, sub, following, path, job...)."""
    reader, units = _Reader(body), list[Unit]()
    try:
        end = reader.number()
        reader.align(8)
        end += reader.at
        while reader.at < end:
            reader.align(8)
            name, _, load, active, sub, _, _ = (reader.text() for _ in range(7))
            reader.number()
            reader.text(), reader.text()
            units.append(Unit(name, load, active, sub))
    except (struct.error, IndexError) as error:
        raise BusRefused("a list of units that cannot be read") from error
    return units


def read_jobs(body: bytes) -> list[Job]:
    """The answer of `ListJobs`, an array of (number, unit, kind, state, job's path, unit's path)."""
    reader, jobs = _Reader(body), list[Job]()
    try:
        end = reader.number()
        reader.align(8)
        end += reader.at
        while reader.at < end:
            reader.align(8)
            reader.number()
            unit, kind, _, _, _ = (reader.text() for _ in range(5))
            jobs.append(Job(unit, kind))
    except (struct.error, IndexError) as error:
        raise BusRefused("a list of jobs that cannot be read") from error
    return jobs

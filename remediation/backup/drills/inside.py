"""What runs inside the namespace of a level-4 drill: loopback up, service started, ports asked, everything ended.

Orders come on standard input, the answer goes to standard output, both as JSON. It reads nothing else.
"""

from __future__ import annotations

import fcntl
import http.client
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from remediation.backup.programs import Program, Programs, Running

LOOK_S: Final = 0.1
ANSWER_S: Final = 5.0
BODY_BYTES: Final = 1_000_000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1


class Asked(Struct, frozen=True, kw_only=True):
    """One question to the service."""

    port: int
    path: str = "/"
    status: int = 200
    contains: str = ""


class Orders(Struct, frozen=True, kw_only=True):
    """What to start, and what has to answer within so many seconds."""

    argv: list[str]
    root: str
    probes: list[Asked]
    within_s: float


class Told(Struct, frozen=True, kw_only=True):
    """What was not well in the end; empty when all probes were answered."""

    wrong: list[str]


def ask(probe: Asked) -> str:
    """What is wrong with the answer on loopback; empty when it is as it should be."""
    connection = http.client.HTTPConnection("127.0.0.1", probe.port, timeout=ANSWER_S)
    try:
        connection.request("GET", probe.path)
        answer = connection.getresponse()
        body = answer.read(BODY_BYTES).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return f"port {probe.port}: {error}"
    finally:
        connection.close()
    if answer.status != probe.status:
        return f"port {probe.port}{probe.path}: status {answer.status} instead of {probe.status}"
    return "" if probe.contains in body else f"port {probe.port}{probe.path}: the text is not in the answer"


def wait_until_well(
    probes: Sequence[Asked],
    is_up: Callable[[], bool],
    *,
    until_s: float,
    monotonic: Callable[[], float],
    asking: Callable[[Asked], str] = ask,
) -> list[str]:
    """Ask again until every probe is answered or the time is over; what is wrong at the end."""
    pause = threading.Event()
    while True:
        wrong = [problem for probe in probes if (problem := asking(probe))]
        if not wrong:
            return []
        if not is_up():
            return ["the service has ended", *wrong]
        if monotonic() >= until_s:
            return wrong
        pause.wait(LOOK_S)


def bring_up_loopback() -> None:
    """In a fresh network namespace even loopback is down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = struct.pack("16sh", b"lo", 0)
        flags = struct.unpack("16sh", fcntl.ioctl(handle, _SIOCGIFFLAGS, request)[:18])[1]
        fcntl.ioctl(handle, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | _IFF_UP))


def interfaces() -> set[str]:
    """The network interfaces that this process has."""
    return {name for _, name in socket.if_nameindex()}


def run(orders: Orders, programs: Programs, monotonic: Callable[[], float]) -> Told:
    """Start, ask, end."""
    log = Path(orders.root) / "drill.log"

    def is_up(service: Running) -> Callable[[], bool]:
        return lambda: service.is_up

    try:
        program = Program(tuple(orders.argv), orders.within_s, folder=Path(orders.root))
        with programs.running(program, log) as service:
            until_s = monotonic() + orders.within_s
            return Told(wrong=wait_until_well(orders.probes, is_up(service), until_s=until_s, monotonic=monotonic))
    except OSError as error:
        return Told(wrong=[f"{orders.argv[0]} cannot be started: {error.strerror or error}"])


def main() -> int:
    """Obey the orders on standard input; 1 where this is no namespace of its own."""
    if interfaces() != {"lo"}:
        sys.stderr.write("this is no network of its own\n")
        return 1
    bring_up_loopback()
    orders = msgspec.json.decode(sys.stdin.buffer.read(), type=Orders)
    clock: Callable[[], float] = time.monotonic  # noqa: TID251  # a process of its own, without an app.py
    sys.stdout.buffer.write(msgspec.json.encode(run(orders, Programs(clock), clock)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

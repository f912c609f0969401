"""Debian's real sshd on loopback, with keys of its own and nothing but SFTP."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")


@dataclass(frozen=True)
class Door:
    port: int
    user: str
    key: Path
    host_key: str


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _key(path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)


@contextmanager
def serving(
    folder: Path, *, port: int = 0, beside: Callable[[list[str | Path]], list[str | Path]] = lambda words: words
) -> Iterator[Door]:
    """A server for the length of a block; its files below `folder`, where keys of an earlier one are used again.

    `beside` gives the words that start it in another network.
    """
    assert SSHD
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("host", "client"):
        if not (folder / name).exists():
            _key(folder / name)
    shutil.copy(folder / "client.pub", folder / "authorized")
    port = port or _free_port()
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized\n"
        "PasswordAuthentication no\nStrictModes no\nUsePAM no\nPermitRootLogin prohibit-password\nPidFile none\n"
        "Subsystem sftp internal-sftp\nForceCommand internal-sftp\nMaxStartups 100\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where it locks itself up before log-in
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(beside([SSHD, "-D", "-e", "-f", str(folder / "config")]), stderr=log)
    try:
        _wait(server, folder / "log")
        yield Door(port, getpass.getuser(), folder / "client", (folder / "host.pub").read_text())
    finally:
        server.terminate()
        server.wait(10)


def _wait(server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end and server.poll() is None:
        if b"Server listening" in log.read_bytes():
            return
        time.sleep(0.02)
    raise AssertionError(log.read_text())

"""A Redis of the same major version for one image: own folder, own socket, no network."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shlex
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from remediation.backup.errors import BackupError, RestoreRefused
from remediation.backup.manifest import DatabaseFacts
from remediation.backup.programs import Program
from remediation.backup.scratch.bench import Bench, refuse_damaged, unusable
from remediation.backup.scratch.folder import scratch_folder
from remediation.backup.sources.redis_server import IMAGE, KEYS, count_keys
from wire.sentence import sentence

if TYPE_CHECKING:
    from redis import Redis

END_S: Final = 10.0
READING: Final = frozenset(
    {"DBSIZE", "EXISTS", "GET", "HGET", "HLEN", "LLEN", "SCARD", "SISMEMBER", "STRLEN", "TYPE", "XLEN", "ZCARD",
     "ZSCORE"}
)  # fmt: skip
_VERSION_S: Final = 20.0


class LoadedRedis:
    """All databases of a server."""

    def __init__(self, name: str, socket: str, bench: Bench, image: Path) -> None:
        self.name = name
        self._socket = socket
        self._bench = bench
        self._image = image

    def counts(self) -> dict[str, int]:
        """Keys without an end, in all databases."""
        with _connected(self._socket) as connection:
            spaces = connection.info("keyspace").values()
        return {KEYS: sum(int(space["keys"]) - int(space["expires"]) for space in spaces)}

    def query(self, statement: str) -> Iterator[tuple[object, ...]]:
        """The answer to one reading command, such as `GET name`, as one row."""
        words = shlex.split(statement)
        if not words or words[0].upper() not in READING:
            raise unusable(self.name, sentence("{statement} is no reading command", statement=statement))
        with _connected(self._socket) as connection:
            found = connection.execute_command(*words)  # type: ignore[no-untyped-call]  # has no types
        yield (found.decode(errors="replace") if isinstance(found, bytes) else found,)

    def integrity(self) -> list[str]:
        """What the check of the image finds; the server has read it whole already."""
        try:
            count_keys(self._bench.programs, self._image, self._bench.load_s)
        except BackupError as error:
            return [str(error)]
        return []


@contextlib.contextmanager
def loaded(bench: Bench, facts: DatabaseFacts, dump: Path, into: Path) -> Iterator[LoadedRedis]:
    """Start a server below `into` with the image, for the length of a block."""
    _refuse_other_version(bench, facts.version)
    refuse_damaged(facts, dump)
    with scratch_folder(into, bench.account) as folder:
        _place_image(dump / IMAGE, folder / IMAGE, bench.account)
        socket = f"{folder}/s"
        argv = ("redis-server", "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir", str(folder),
                "--dbfilename", IMAGE, "--save", "", "--appendonly", "no")  # fmt: skip
        log = folder / "server.log"
        with bench.programs.running(bench.as_server(argv, folder), log) as running:
            try:
                bench.wait_until_up(facts.name, running, lambda: _answers(socket), log)
                yield LoadedRedis(facts.name, socket, bench, dump / IMAGE)
            finally:
                running.end(signal.SIGKILL, END_S)  # nothing of it is kept


def _refuse_other_version(bench: Bench, version: str) -> None:
    told = bench.programs.run(Program(("redis-server", "--version"), _VERSION_S)).output.decode(errors="replace")
    found = re.search(r"v=(\d+)\.", told)
    if found is None or found[1] != version.partition(".")[0]:
        here = f"Redis {found[1]}" if found else "no Redis"
        raise RestoreRefused(
            sentence(
                "the dump is of {version}, and this host has {here}; install a server of that version",
                version=f"Redis {version}",
                here=here,
            )
        )


def _place_image(image: Path, to: Path, account: str) -> None:
    shutil.copyfile(image, to)
    if account:
        owner = pwd.getpwnam(account)
        os.chown(to, owner.pw_uid, owner.pw_gid)


@contextlib.contextmanager
def _connected(socket: str) -> Iterator[Redis]:
    import redis  # noqa: PLC0415  # loaded on hosts that have a Redis

    connection = redis.Redis(unix_socket_path=socket)
    try:
        yield connection
    finally:
        connection.close()


def _answers(socket: str) -> bool:
    import redis  # noqa: PLC0415  # the same

    try:
        with _connected(socket) as connection:
            return bool(connection.ping())
    except (redis.RedisError, OSError):
        return False

"""Saving a Redis server: one consistent image of all its databases, streamed as a replica would get it.

`redis-cli --rdb` makes the server fork and send its state, so that no file of the server has to be read
and its own saving is left alone. The image ends with a checksum over all of it, which `redis-check-rdb`
verifies: an image that was cut off is never taken as whole. Only the keys without an end of their own
are counted, because the others go by themselves.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from remediation.backup.manifest import DatabaseFacts
from remediation.backup.model import Step, Tell
from remediation.backup.programs import Program, ProgramFailed, Programs
from remediation.backup.sources.login import Login
from remediation.backup.sources.whole import hash_files, run_whole, source_failed, whole_or_nothing
from wire.sentence import sentence

IMAGE: Final = "content.rdb"
KEYS: Final = "keys"  # the one name in `tables`
PORT: Final = 6_379
TIMEOUT_S: Final = 3_600.0
_COUNT: Final = re.compile(r"\[info\] (?P<count>\d+) (?P<what>keys read|expires)$", re.MULTILINE)
_VERSION: Final = re.compile(r"^redis_version:(\S+)", re.MULTILINE)
_MEMORY: Final = re.compile(r"^used_memory:(\d+)", re.MULTILINE)


class RedisSource:
    """One server."""

    def __init__(self, name: str, login: Login, programs: Programs, *, timeout_s: float = TIMEOUT_S) -> None:
        self.name = name
        self._login = login
        self._programs = programs
        self._timeout_s = timeout_s

    def save(self, into: Path, tell: Tell) -> DatabaseFacts:
        """Take an image into the empty folder `into`."""
        tell(Step(self.name))
        with whole_or_nothing(self.name, into):
            told = self._cli("INFO").decode(errors="replace")
            version, memory = _VERSION.search(told), _MEMORY.search(told)
            if version is None:
                raise source_failed(self.name, told.strip()[:200] or "the server says nothing")
            self._cli("--rdb", str(into / IMAGE))
            tables = {KEYS: count_keys(self._programs, into / IMAGE, self._timeout_s)}
            hashes = hash_files(into)
            tell(Step(self.name, done_bytes=(into / IMAGE).stat().st_size))
        return DatabaseFacts(
            name=self.name, engine="redis", version=version[1], files=sorted(hashes), hashes=hashes,
            size_bytes=int(memory[1]) if memory else 0, tables=tables,
        )  # fmt: skip

    def _cli(self, *rest: str) -> bytes:
        login = self._login
        place = ["-s", login.socket] if login.socket else ["-h", login.host, "-p", str(login.port or PORT)]
        user = ["--user", login.user] if login.user else []
        secret = {"REDISCLI_AUTH": login.password} if login.password else {}
        return run_whole(
            self._programs, Program(("redis-cli", "-e", *place, *user, *rest), self._timeout_s, secret)
        ).output


def count_keys(programs: Programs, image: Path, timeout_s: float) -> int:
    """The keys without an end in an image; `SourceFailed` when the image is not whole."""
    try:
        told = run_whole(programs, Program(("redis-check-rdb", str(image)), timeout_s)).output.decode(errors="replace")
    except ProgramFailed as error:
        raise source_failed(image.name, sentence("the image is damaged: {problem}", problem=str(error))) from error
    counts = {found["what"]: int(found["count"]) for found in _COUNT.finditer(told)}
    if "RDB looks OK" not in told or len(counts) != 2:  # noqa: PLR2004  # keys, and those with an end
        raise source_failed(image.name, "redis-check-rdb does not call the image whole")
    return counts["keys read"] - counts["expires"]

"""Loads a dump into a scratch server of its engine."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from remediation.backup.errors import RestoreRefused
from remediation.backup.manifest import DatabaseFacts
from remediation.backup.scratch import mariadb, postgresql, postgresql_moment, redis_server, sqlite
from remediation.backup.scratch.bench import Bench
from remediation.backup.scratch.folder import checked_account
from remediation.backup.sources.port import LoadedDump
from wire.sentence import sentence

_Start = Callable[[Bench, DatabaseFacts, Path, Path], AbstractContextManager[LoadedDump]]


class ScratchServers:
    """For every engine that has a source. Call `folder.sweep` once at the start of the process that uses it."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def load(self, facts: DatabaseFacts, dump: Path, into: Path) -> AbstractContextManager[LoadedDump]:
        """A context: the dump in a server below `into` (empty or absent), ended and removed at exit."""
        if facts.engine == "sqlite":
            return sqlite.loaded(facts, dump, into)
        starts: dict[str, _Start] = {
            "postgresql": postgresql.loaded,
            "postgresql-cluster": postgresql_moment.loaded,
            "mariadb": mariadb.loaded,
            "redis": redis_server.loaded,
        }
        start = starts.get(facts.engine)
        if start is None:
            raise RestoreRefused(sentence("there is no scratch server for {engine}", engine=facts.engine))
        bench = replace(self._bench, account=checked_account(self._bench.account, os.geteuid()))
        return start(bench, facts, dump, into)

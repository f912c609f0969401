"""What every request needs from the database, kept in memory: agents by key, and the codebook.

One background thread compares one number in the database twice a second, so that a site, an agent
or a catalogue that another process adds or revokes counts here within a second; an enrolment in
this process counts at once, and only an agent more is read. Readers take one reference and never see half of a change.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace

from collector.fleet import repository
from collector.fleet.model import KnownAgent
from collector.store.database import Store
from collector.store.meta import REGISTRY_VERSION, read_meta
from collector.tickets.codebook import Codebook

POLL_S = 0.4  # a revoked key is refused within a second

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Known:
    """One state of the registry."""

    version: str | None
    agents: Mapping[str, KnownAgent]  # by key id
    codebook: Codebook


class Registry:
    """The current state, and the thread that keeps it current."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._refreshing = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="registry", daemon=True)
        self.known = self._load()

    def start(self) -> None:
        """Begin to follow the database."""
        self._thread.start()

    def stop(self) -> None:
        """Stop following it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def refresh(self) -> None:
        """Load again if anything has changed."""
        with self._refreshing:
            with self._store.reading() as connection:
                version = read_meta(connection, REGISTRY_VERSION)
            if version != self.known.version:
                self.known = self._load()

    def add(self, agent: KnownAgent, version: str | None) -> None:
        """An agent that this process has enrolled; `version` is the one that its transaction left behind.

        Where it follows the version that is known, nothing else has changed, and nothing else is read.
        """
        with self._refreshing:
            known = self.known
            if int(version or 0) == int(known.version or 0) + 1:
                self.known = replace(known, version=version, agents={**known.agents, agent.key_id: agent})
                return
        self.refresh()

    def _load(self) -> Known:
        with self._store.reading() as connection:
            version = read_meta(connection, REGISTRY_VERSION)
            agents = {agent.key_id: agent for agent in repository.known_agents(connection)}
            return Known(version, agents, Codebook(repository.load_catalogues(connection)))

    def _loop(self) -> None:
        while not self._stopping.wait(POLL_S):
            try:
                self.refresh()
            except Exception:
                log.exception("the registry could not be refreshed")

"""Every patch over the whole fleet as it stands now: a survey that is kept, and read again only where hosts changed.

`refresh` reads one line for each host; modules are read anew of those whose list has another digest. What a
page shows is never older than its own request.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from collector.fleet.repository import load_catalogues
from collector.health.reading import newest
from collector.patches import repository
from collector.patches.applicability import Circumstances, Verdict
from collector.patches.entitlement import AllEntitled, Entitlement
from collector.patches.model import Cure, Decision, Host, Patch, Standing
from collector.patches.standings import standings
from collector.patches.survey import Survey, Tally, applied
from collector.store.database import Connection
from wire.proofs import Passed

DISKS_AT_ONCE: Final = 50  # hosts whose newest sample is read in one refresh
DISKS_FRESH: Final = timedelta(minutes=15)

Standings = Mapping[tuple[str, str], Mapping[str, Standing]]


@dataclass(frozen=True)
class Line:
    """One patch over all hosts. `tickets`: open ones at sites where it would help, with a code that it cures."""

    patch: Patch
    tally: Tally
    tickets: int
    ticket_sites: int


@dataclass(frozen=True)
class HostLine:
    """One patch at one host."""

    host: Host
    patch: Patch
    verdict: Verdict
    standing: Standing | None
    decision: Decision | None
    tickets: Sequence[Cure]
    passed: Sequence[Passed] = ()  # states of the newest attempt, as the host said; for one patch only

    @property
    def reason(self) -> str:
        """Why the newest attempt went back; empty when it did not."""
        return next((each.reason for each in self.passed if each.reason), "")

    @property
    def states(self) -> list[tuple[str, datetime]]:
        """(state, time) of each."""
        return [(each.state, each.at) for each in self.passed]


class Board:
    """One for a process; safe for several threads."""

    def __init__(self, entitlement: Entitlement | None = None) -> None:
        self._entitlement = entitlement or AllEntitled()
        self._lock = threading.Lock()
        self._survey = Survey()
        self._key: object = None
        self._stamps: dict[str, object] = {}
        self._digests: dict[str, str] = {}
        self._disks: dict[str, tuple[datetime, Mapping[str, int] | None]] = {}
        self._standings: Standings = {}
        self._decisions: dict[tuple[str, str], dict[str, Decision]] = {}

    def lines(self, connection: Connection, now: datetime) -> list[Line]:
        """Every patch, the newest first, withdrawn ones last."""
        with self._lock:
            self._refresh(connection, now)
            tickets = repository.open_by_code(connection)
            return [self._line(patch, tickets, now) for patch in self._survey.patches.values()]

    def hosts_of_patch(self, connection: Connection, patch: Patch, now: datetime) -> list[HostLine]:
        """Every host with the patch's module, by site and name."""
        with self._lock:
            self._refresh(connection, now)
            cures: dict[str, list[Cure]] = {}
            for cure in repository.cures(connection, patch):
                cures.setdefault(cure.site, []).append(cure)
            hosts = sorted(self._survey.having(patch), key=lambda host: (host.site, host.hostname))
            lines = self._judged(patch, hosts, cures, now)
        asked = [line.standing.request for line in lines if line.standing is not None and line.standing.request]
        passed = repository.passed_states(connection, asked)
        return [
            replace(line, passed=passed.get((line.standing.request, line.host.id), ())) if line.standing else line
            for line in lines
        ]

    def patches_of_hosts(self, connection: Connection, site: str, now: datetime) -> list[HostLine]:
        """Every patch that has something to say about a host of this site; what is not affected is left out."""
        with self._lock:
            self._refresh(connection, now)
            hosts = [host for host in self._survey.hosts.values() if host.site == site]
            found: list[HostLine] = []
            for patch in self._survey.patches.values():
                mine = [host for host in hosts if patch.module in host.versions]
                if mine:
                    found += self._judged(patch, mine, {}, now)
        return [line for line in found if line.verdict.state.value != "not_affected"]

    # ------------------------------------------------------------ answers

    def _special(self, patch: Patch) -> dict[str, Circumstances]:
        key = patch.product, patch.id
        refused = self._entitlement.refused(patch)
        return self._survey.special(patch, self._standings.get(key, {}), self._decisions.get(key, {}), refused)

    def _line(self, patch: Patch, tickets: Mapping[Any, Sequence[tuple[str, int]]], now: datetime) -> Line:
        tally = self._survey.tally(patch, self._special(patch), now)
        counted: dict[str, int] = {}
        for code in patch.manifest.fixes:
            for site, count in tickets.get((patch.product, patch.manifest.module, code), ()):
                if site in tally.sites:
                    counted[site] = counted.get(site, 0) + count
        return Line(patch, tally, sum(counted.values()), len(counted))

    def _judged(
        self, patch: Patch, hosts: Iterable[Host], cures: Mapping[str, Sequence[Cure]], now: datetime
    ) -> list[HostLine]:
        special = self._special(patch)
        key = patch.product, patch.id
        return [
            HostLine(
                host,
                patch,
                self._survey.verdict(patch, host.id, special, now),
                self._standings.get(key, {}).get(host.id),
                self._decisions.get(key, {}).get(host.site),
                cures.get(host.site, ()),
            )
            for host in hosts
        ]

    # ------------------------------------------------------------ reading

    def _refresh(self, connection: Connection, now: datetime) -> None:
        patches = repository.list_patches(connection)
        declared = {each.product: tuple(each.versions) for each in load_catalogues(connection)}
        key = [(patch.product, patch.id, patch.digest, patch.withdrawn_at) for patch in patches], declared
        if key != self._key:
            self._key, self._survey = key, Survey(patches, declared)
            self._stamps.clear()
            self._digests.clear()
        self._standings = standings(repository.attempts(connection))
        self._decisions = {}
        for decision in reversed(repository.decisions(connection)):
            self._decisions.setdefault((decision.product, decision.patch), {})[decision.site] = decision
        self._refresh_hosts(connection, now)

    def _refresh_hosts(self, connection: Connection, now: datetime) -> None:
        rows = {row.id: row for row in repository.host_stamps(connection)}
        for gone in self._survey.hosts.keys() - rows.keys():
            self._survey.drop(gone)
            self._stamps.pop(gone, None)
            self._digests.pop(gone, None)
        others = [agent for agent, row in rows.items() if self._digests.get(agent) != row.digest]
        modules = repository.modules_of(connection, others)
        backed_up = repository.backed_up(connection, now)
        self._read_disks(connection, rows.keys(), now)
        done = self._done()
        for agent, row in rows.items():
            disks = self._disks.get(agent, (now, None))[1]
            stamp = (row.digest, row.site_id, row.hostname, row.agent_version, row.silent_since, agent in backed_up,
                     done.get(agent, ()), disks)  # fmt: skip
            if stamp != self._stamps.get(agent):
                known = self._survey.hosts.get(agent)
                self._survey.put(_host(row, modules.get(agent), known, agent in backed_up, disks), done.get(agent, ()))
                self._stamps[agent] = stamp
                self._digests[agent] = row.digest

    def _done(self) -> dict[str, tuple[str, ...]]:
        """Agent -> ids of the patches that it says it has."""
        found: dict[str, list[tuple[str, Standing]]] = {}
        for (_, patch), by_agent in self._standings.items():
            for agent, standing in by_agent.items():
                found.setdefault(agent, []).append((patch, standing))
        return {agent: tuple(sorted(applied(each))) for agent, each in found.items()}

    def _read_disks(self, connection: Connection, agents: Iterable[str], now: datetime) -> None:
        """The room on some hosts that have a module of a patch which needs any; the longest unread first."""
        if not any(patch.needed_bytes for patch in self._survey.patches.values()):
            return
        stale = [agent for agent in agents if agent not in self._disks or self._disks[agent][0] <= now - DISKS_FRESH]
        stale.sort(key=lambda agent: (agent in self._disks, agent))
        for agent in stale[:DISKS_AT_ONCE]:
            sample = newest(connection, agent)
            disks = None if sample is None else {disk.mount: _free(disk) for disk in sample.disks}
            self._disks[agent] = (now, disks)


def _free(disk: Any) -> int:
    return int(disk.size_bytes * (100 - disk.used_percent) / 100)


def _host(
    row: Any,
    modules: Sequence[tuple[str, str, datetime]] | None,
    known: Host | None,
    has_backup: bool,  # noqa: FBT001  # one of five parts of a host
    disks: Mapping[str, int] | None,
) -> Host:
    if modules is None:
        versions, changed_at = (known.versions, known.changed_at) if known is not None else ({}, {})
    else:
        versions = {name: version for name, version, _ in modules}
        changed_at = {name: at for name, _, at in modules}
    return Host(
        id=row.id,
        site=row.site_id,
        hostname=row.hostname,
        last_seen_at=row.last_seen_at,
        is_heard=row.silent_since is None,
        agent_version=row.agent_version,
        versions=versions,
        changed_at=changed_at,
        has_backup=has_backup,
        free_bytes=disks,
    )

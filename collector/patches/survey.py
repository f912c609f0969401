"""All patches over all hosts, kept in memory; pure.

Hosts are held by module and version, and within a version by their fact (`model.Fact`): the thousand hosts
that are alike in everything that a patch asks are judged once. Only hosts for which something special
holds (a request, a decision of the customer, no entitlement) are judged one by one. A host that changes is
taken out of its places and put into new ones; nothing else is looked at.

Room on disks would make every host different: a mount is named only on hosts where some patch might not fit.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from collector.patches.applicability import NONE, Applicability, Circumstances, Reason, Verdict, judge
from collector.patches.model import Decision, Fact, Host, Patch, Progress, Standing
from collector.tickets.versions import is_before

Special = Mapping[str, Circumstances]  # agent -> what is true there alone


class _Placed(NamedTuple):
    module: str
    version: str
    fact: Fact


@dataclass
class Tally:
    """One patch over all hosts: hosts by answer, the sites that it would help, and those where it can go in now."""

    hosts: Counter[tuple[Applicability, Reason | None]] = field(default_factory=Counter)
    sites: set[str] = field(default_factory=set)
    ready_sites: set[str] = field(default_factory=set)

    def count(self, state: Applicability) -> int:
        """Hosts in that state, for whatever reason."""
        return sum(count for (each, _), count in self.hosts.items() if each is state)

    def add(self, verdict: Verdict, sites: Collection[str], hosts: int) -> None:
        """So many more hosts, at these sites."""
        self.hosts[verdict.state, verdict.reason] += hosts
        if verdict.would_help:
            self.sites.update(sites)
        if verdict.state is Applicability.INSTALLABLE_NOW:
            self.ready_sites.update(sites)


class Survey:
    """Every host that has a module, and every patch."""

    def __init__(self, patches: Sequence[Patch] = (), declared: Mapping[str, Sequence[str]] | None = None) -> None:
        self.patches = {(patch.product, patch.id): patch for patch in patches}
        self.hosts: dict[str, Host] = {}
        self._declared = declared or {}  # product -> its versions, the earliest first
        self._most_bytes = max((patch.needed_bytes for patch in patches), default=0)
        self._linked = self._linked_patches()  # module -> the patches that its own require or exclude
        self._places: dict[str, dict[str, _Placed]] = {}  # agent -> module -> place
        self._sites: dict[str, set[str]] = defaultdict(set)
        self._reached: dict[tuple[str, str, str], bool] = {}  # (product, patch, version) -> whether it is in
        self._groups: dict[str, dict[str, dict[Fact, dict[str, str]]]] = defaultdict(lambda: defaultdict(dict))

    def _linked_patches(self) -> dict[str, list[Patch]]:
        named: dict[str, dict[tuple[str, str], Patch]] = defaultdict(dict)
        for patch in self.patches.values():
            for other in (*patch.manifest.requires, *patch.manifest.conflicts):
                key = patch.product, other
                if key in self.patches:
                    named[patch.module][key] = self.patches[key]
        return {module: list(linked.values()) for module, linked in named.items()}

    # ------------------------------------------------------------ hosts

    def put(self, host: Host, done: Iterable[str] = ()) -> None:
        """A host is as this from now on; `done`: ids of patches that it answered to have applied."""
        self.drop(host.id)
        self.hosts[host.id] = host
        applied, tight = frozenset(done), self._tight(host)
        places = {
            name: _Placed(name, version, self._fact(host, name, applied, tight))
            for name, version in host.versions.items()
        }
        self._places[host.id] = places
        self._sites[host.site].add(host.id)
        for place in places.values():
            self._groups[place.module][place.version].setdefault(place.fact, {})[host.id] = host.site

    def drop(self, agent: str) -> None:
        """A host is gone."""
        host = self.hosts.pop(agent, None)
        if host is not None:
            self._sites[host.site].discard(agent)
        for place in self._places.pop(agent, {}).values():
            facts = self._groups[place.module][place.version]
            facts[place.fact].pop(agent)
            if not facts[place.fact]:
                del facts[place.fact]

    def _fact(
        self, host: Host, module: str, applied: frozenset[str], tight: tuple[tuple[str, int], ...] | None
    ) -> Fact:
        linked = self._linked.get(module, ())
        has = frozenset(patch.id for patch in linked if patch.id in applied or self._is_in(patch, host))
        return Fact(host.versions[module], host.is_heard, host.has_backup, tight, has, host.agent_version)

    def _is_in(self, patch: Patch, host: Host) -> bool:
        """Whether the host's version has reached that to which the patch leads."""
        version = host.versions.get(patch.module, "")
        if not version:
            return False
        key = patch.product, patch.id, version
        if key not in self._reached:
            declared = self._declared.get(patch.product, ())
            self._reached[key] = not is_before(version, patch.manifest.to_version, declared)
        return self._reached[key]

    def _tight(self, host: Host) -> tuple[tuple[str, int], ...] | None:
        if host.free_bytes is None:
            return None
        if all(free >= self._most_bytes for free in host.free_bytes.values()):
            return ()
        return tuple(sorted(host.free_bytes.items()))

    # ------------------------------------------------------------ answers

    def tally(self, patch: Patch, special: Special, now: datetime) -> Tally:
        """Hosts by answer; those that are simply not affected are not counted."""
        found = Tally()
        apart: dict[_Placed, dict[str, str]] = defaultdict(dict)
        for agent, circumstances in special.items():
            place = self._place(patch.module, agent)
            if place is not None:
                site = self.hosts[agent].site
                apart[place][agent] = site
                found.add(judge(patch, place.fact, now, circumstances), (site,), 1)
        wanted = {"", patch.manifest.to_version, *patch.manifest.from_versions}
        for version, facts in self._groups.get(patch.module, {}).items():
            for fact, members in facts.items():
                if version not in wanted and fact.is_heard:
                    continue  # the many that it is not for
                others = apart.get(_Placed(patch.module, version, fact)) if apart else None
                sites = members.values() if others is None else _without(members, others)
                if sites:
                    found.add(judge(patch, fact, now), sites, len(sites))
        return found

    def verdict(self, patch: Patch, agent: str, special: Special, now: datetime) -> Verdict:
        """One patch at one host."""
        place = self._place(patch.module, agent)
        return judge(patch, None if place is None else place.fact, now, special.get(agent, NONE))

    def _place(self, module: str, agent: str) -> _Placed | None:
        return self._places.get(agent, {}).get(module)

    def having(self, patch: Patch) -> Iterator[Host]:
        """Every host with the patch's module."""
        for facts in self._groups.get(patch.module, {}).values():
            for members in facts.values():
                yield from (self.hosts[agent] for agent in members)

    def special(
        self,
        patch: Patch,
        standings: Mapping[str, Standing],
        decisions: Mapping[str, Decision],
        not_entitled: Mapping[str, str],
    ) -> dict[str, Circumstances]:
        """What is special of this patch: standings by agent, decisions and missing entitlements by site."""
        agents = set(standings)
        if decisions or not_entitled:
            agents.update(*(self._sites.get(site, ()) for site in (*decisions, *not_entitled)))
        found = {}
        for agent in agents & self.hosts.keys():
            host = self.hosts[agent]
            found[agent] = Circumstances(
                standing=standings.get(agent),
                version_since=host.changed_at.get(patch.module),
                decision=decisions.get(host.site),
                not_entitled=not_entitled.get(host.site, ""),
            )
        return found


def applied(standings: Iterable[tuple[str, Standing]]) -> list[str]:
    """The patches that a host says it has, of (patch, standing)."""
    return [patch for patch, standing in standings if standing.progress is Progress.DONE]


def _without(members: Mapping[str, str], apart: Iterable[str]) -> list[str]:
    left = set(apart)
    return [site for agent, site in members.items() if agent not in left]

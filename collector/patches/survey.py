"""All patches over all hosts, kept in memory; pure.

Hosts are held by module and version, and within a version by their fact (`model.Fact`): the thousand hosts
that are alike in everything that a patch asks are judged once. Only hosts for which something special
holds (a request, a decision of the customer, no entitlement) are judged one by one. A host that changes is
taken out of its places and put into new ones; nothing else is looked at.

Room on disks would make every host different: a mount is named only on hosts where some patch might not fit.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
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

    def add(self, verdict: Verdict, sites: Iterable[str], hosts: int) -> None:
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
        self._linked = self._linked_patches()
        self._places: dict[str, list[_Placed]] = {}
        self._groups: dict[str, dict[str, dict[Fact, dict[str, str]]]] = defaultdict(lambda: defaultdict(dict))

    def _linked_patches(self) -> list[Patch]:
        """Those that another one of the same product requires or excludes."""
        named = {
            (patch.product, other)
            for patch in self.patches.values()
            for other in (*patch.manifest.requires, *patch.manifest.conflicts)
        }
        return [patch for key, patch in self.patches.items() if key in named]

    # ------------------------------------------------------------ hosts

    def put(self, host: Host, done: Iterable[str] = ()) -> None:
        """A host is as this from now on; `done`: ids of patches that it answered to have applied."""
        self.drop(host.id)
        self.hosts[host.id] = host
        applied = frozenset(done)
        places = [_Placed(name, version, self._fact(host, version, applied)) for name, version in host.versions.items()]
        self._places[host.id] = places
        for place in places:
            self._groups[place.module][place.version].setdefault(place.fact, {})[host.id] = host.site

    def drop(self, agent: str) -> None:
        """A host is gone."""
        self.hosts.pop(agent, None)
        for place in self._places.pop(agent, ()):
            facts = self._groups[place.module][place.version]
            facts[place.fact].pop(agent)
            if not facts[place.fact]:
                del facts[place.fact]

    def _fact(self, host: Host, version: str, applied: frozenset[str]) -> Fact:
        has = frozenset(patch.id for patch in self._linked if patch.id in applied or self._is_in(patch, host))
        return Fact(version, host.is_heard, host.has_backup, self._tight(host), has, host.agent_version)

    def _is_in(self, patch: Patch, host: Host) -> bool:
        """Whether the host's version has reached that to which the patch leads."""
        version = host.versions.get(patch.module, "")
        return bool(version) and not is_before(
            version, patch.manifest.to_version, self._declared.get(patch.product, ())
        )

    def _tight(self, host: Host) -> tuple[tuple[str, int], ...] | None:
        if host.free_bytes is None:
            return None
        if all(free >= self._most_bytes for free in host.free_bytes.values()):
            return ()
        return tuple(sorted(host.free_bytes.items()))

    # ------------------------------------------------------------ answers

    def tally(self, patch: Patch, special: Special, now: datetime) -> Tally:
        """Hosts by answer. Those that are not affected are counted as far as they have the module."""
        found = Tally()
        wanted = {"", patch.manifest.to_version, *patch.manifest.from_versions}
        for version, facts in self._groups.get(patch.module, {}).items():
            if version not in wanted:
                self._pass_over(found, patch, special, facts, now)
                continue
            for fact, members in facts.items():
                apart = special.keys() & members.keys() if special else ()
                for agent in apart:
                    found.add(judge(patch, fact, now, special[agent]), (members[agent],), 1)
                rest = len(members) - len(apart)
                if rest:
                    sites = members.values() if not apart else _without(members, apart)
                    found.add(judge(patch, fact, now), sites, rest)
        return found

    @staticmethod
    def _pass_over(
        found: Tally, patch: Patch, special: Special, facts: Mapping[Fact, Mapping[str, str]], now: datetime
    ) -> None:
        """Versions that the patch is not for: only silence, or an attempt that was lost, makes a difference."""
        for fact, members in facts.items():
            apart = [agent for agent in special if agent in members]
            for agent in apart:
                found.add(judge(patch, fact, now, special[agent]), (members[agent],), 1)
            if len(members) > len(apart):
                found.add(judge(patch, fact, now), (), len(members) - len(apart))

    def verdict(self, patch: Patch, agent: str, special: Special, now: datetime) -> Verdict:
        """One patch at one host."""
        fact = next((place.fact for place in self._places.get(agent, ()) if place.module == patch.module), None)
        return judge(patch, fact, now, special.get(agent, NONE))

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
            agents.update(host.id for host in self.having(patch) if host.site in decisions or host.site in not_entitled)
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

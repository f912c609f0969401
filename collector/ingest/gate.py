"""What the exchange asks before it takes a batch, and what it tells with the receipt: allowances and pace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from collector.fleet.model import KnownAgent
from collector.fleet.registry import Known, Registry
from collector.ingest.admission import Allowances
from collector.ingest.answers import Refused
from collector.ingest.model import Work
from collector.ingest.pacing import Pace
from collector.settings.model import Admission


class Gate:
    """Belongs to the event loop."""

    def __init__(
        self,
        registry: Registry,
        limits: Admission,
        pace: Pace,
        *,
        work: Callable[[], Work],
        monotonic: Callable[[], float],
    ) -> None:
        self._registry = registry
        self._allowances = Allowances(limits)
        self._pace = pace
        self._work = work
        self._monotonic = monotonic
        self._counted: Known | None = None
        self._agents: Counter[str] = Counter()

    def admit(self, agent: KnownAgent) -> None:
        """Take one batch of the site's allowance; `Refused` with the time to come again when it is used up."""
        wait_s = self._allowances.wait_s(agent.site_id, self._agents_of(agent.site_id), self._monotonic())
        if wait_s > 0:
            raise Refused(429, "site_rate", "this site sends too much", retry=True, retry_s=wait_s)

    def charge(self, agent: KnownAgent, size_bytes: int) -> None:
        """The batch that was admitted has so many bytes, unpacked."""
        self._allowances.charge(agent.site_id, size_bytes)

    def pace(self) -> float:
        """The interval to tell, in seconds."""
        now = self._monotonic()
        if now >= self._pace.next_look:
            work = self._work()
            self._pace.look(busy_s=work.busy_s, refused=work.refused, now=now)
        return self._pace.interval_s

    def _agents_of(self, site: str) -> int:
        known = self._registry.known
        if known is not self._counted:
            self._counted, self._agents = known, Counter(each.site_id for each in known.agents.values())
        return self._agents[site]

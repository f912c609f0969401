from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from collector.fleet.model import KnownAgent
from collector.fleet.registry import Registry
from collector.ingest.answers import Refused
from collector.ingest.gate import Gate
from collector.ingest.model import Work
from collector.ingest.pacing import Pace
from collector.settings.model import Admission
from wire.keys import generate_key

KEY = generate_key().public_key()
LIMITS = Admission(site_batches_s=1, agent_batches_s=1, burst_s=1)


@dataclass
class Desk:
    """A gate with agents that a test adds, and a clock that it moves."""

    agents: dict[str, KnownAgent] = field(default_factory=dict)
    now: float = 0.0
    busy_s: float = 0.0

    def __post_init__(self) -> None:
        self.registry: Any = SimpleNamespace(known=None)
        self.pace = Pace(60.0, most=4.0, now=0.0)
        registry = cast("Registry", self.registry)
        self.gate = Gate(registry, LIMITS, self.pace, work=self.work, monotonic=lambda: self.now)

    def work(self) -> Work:
        return Work(0, 0, 0.0, 0.0, self.busy_s, 0)

    def add(self, name: str, site: str) -> KnownAgent:
        agent = KnownAgent(name, site, f"key-{name}", KEY, revoked=False)
        self.agents = {**self.agents, agent.key_id: agent}
        self.registry.known = SimpleNamespace(agents=self.agents)
        return agent


def is_admitted(desk: Desk, agent: KnownAgent) -> bool:
    try:
        desk.gate.admit(agent)
    except Refused:
        return False
    return True


def admitted(desk: Desk, agent: KnownAgent) -> int:
    """How many batches are taken before the first refusal."""
    return sum(1 for _ in itertools.takewhile(lambda _: is_admitted(desk, agent), range(1_000)))


def test_a_site_may_send_more_the_more_agents_it_has() -> None:
    desk = Desk()
    alone = desk.add("a1", "seoul")
    assert admitted(desk, alone) == 2
    for number in range(2, 11):
        desk.add(f"a{number}", "busan")
    assert admitted(desk, desk.agents["key-a2"]) == 10
    with pytest.raises(Refused) as caught:
        desk.gate.admit(alone)
    refused = caught.value
    assert (refused.status, refused.error, refused.retry) == (429, "site_rate", True)
    assert refused.retry_s > 0
    desk.now = 2.0
    desk.gate.admit(alone)


def test_bytes_count_too() -> None:
    desk = Desk()
    agent = desk.add("a1", "seoul")
    desk.gate.admit(agent)
    desk.gate.charge(agent, 10**9)
    desk.now = 5.0
    with pytest.raises(Refused) as refused:
        desk.gate.admit(agent)
    assert refused.value.retry_s > 100


def test_the_pace_is_looked_at_when_it_is_time() -> None:
    desk = Desk()
    desk.busy_s = desk.now = desk.pace.next_look - 1
    assert desk.gate.pace() == 60.0
    desk.busy_s = desk.now = desk.pace.next_look
    assert desk.gate.pace() == 90.0

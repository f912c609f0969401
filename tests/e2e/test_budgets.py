"""A log storm against a real agent with small allowances: it holds back, says so, and what it left out is counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.agent_process import AgentProcess, wait_until
from tests.fakes.collector import Collector, HttpCollector
from wire.messages import Event, Gap, GapCause, Health

pytestmark = pytest.mark.e2e
BUDGETS = "budgets: {cpu_percent: null, bytes_per_hour: null, events_per_hour: 400}\n"


@pytest.fixture
def server() -> Iterator[HttpCollector]:
    with HttpCollector(Collector()) as made:
        made.collector.interval_s = 1.0
        yield made


def test_a_storm_of_faults_is_held_back_and_nothing_is_silent(
    server: HttpCollector, tmp_path: Path, repository: Path
) -> None:
    agent, collector = AgentProcess(tmp_path, repository, server.address, BUDGETS), server.collector
    assert agent.command("enrol", "-", stdin=f"{collector.token()}\n").returncode == 0
    agent.start()
    try:
        for start in range(0, 400, 50):  # each a fault of its own: nothing folds
            agent.write(*[f"ERROR q{number}" for number in range(start, start + 50)])
            counted = start + 50
            wait_until(lambda counted=counted: len(faults(collector)) >= counted, f"{counted} faults")  # type: ignore[misc]
            step = {200: "lean", 300: "counts", 400: "heartbeat"}.get(counted)
            if step:
                wait_until(lambda step=step: step in told(collector), f"it says {step}")  # type: ignore[misc]
        agent.write("ERROR late")
        beats = len(heartbeats(collector))
        wait_until(lambda: len(heartbeats(collector)) > beats + 2, "heartbeats go on")
        assert "late" not in {event.identity["what"] for event in faults(collector)}
        status = agent.status()["budgets"]
        assert (status["step"], status["withheld"] >= 0) == ("heartbeat", True)
        assert "logs wait where they are" in agent.command("status").stdout
        agent.write_settings(server.address, "budgets: {events_per_hour: null}\n")  # the customer grants more
        wait_until(lambda: "full" in told(collector), "it says that it reports in full")
        wait_until(lambda: "late" in {event.identity["what"] for event in faults(collector)}, "what waited came")
    finally:
        agent.end()
    assert sorted(event.identity["what"] for event in faults(collector)) == sorted(
        ["late", *(f"q{number}" for number in range(400))]
    )
    thin = [event for event in faults(collector) if not event.text]
    gaps = [record for record in collector.state.records if isinstance(record, Gap)]
    assert thin, "the control: something was left out"
    assert {gap.cause for gap in gaps} == {GapCause.BUDGET}
    assert sum(gap.records_lost for gap in gaps) == len(thin)


def faults(collector: Collector) -> list[Event]:
    return [event for event in collector.events() if event.product == "HIS"]


def heartbeats(collector: Collector) -> list[Health]:
    return [record for record in collector.state.records if isinstance(record, Health)]


def told(collector: Collector) -> set[str]:
    found = set()
    for event in collector.events():
        if event.module == "HOST" and event.code.startswith("HOST-AGT"):
            found |= {event.fields["value"]} | {word for text in event.samples for word in _word(text)}
    return found


def _word(text: str) -> list[str]:
    words = {"in full": "full", "context": "lean", "counts only": "counts", "unread": "heartbeat"}
    return [word for part, word in words.items() if part in text]

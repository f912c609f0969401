"""Lines that stay on the host, released by a person at the command line, through the real agent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.redaction.evidence import EvidenceStore
from tests.fakes.agent_process import AgentProcess, wait_until
from tests.fakes.collector import Collector, HttpCollector
from wire.messages import Evidence

pytestmark = pytest.mark.e2e


@pytest.fixture
def server() -> Iterator[HttpCollector]:
    with HttpCollector(Collector()) as made:
        made.collector.interval_s = 1.0
        yield made


def test_held_listed_shown_released_and_dropped(tmp_path: Path, repository: Path, server: HttpCollector) -> None:
    agent = AgentProcess(tmp_path, repository, server.address, "redaction: {hold_evidence: true}\n")
    assert agent.command("evidence", "list").stdout.strip() == "No evidence is held here."
    assert agent.command("enrol", "-", stdin=f"{server.collector.token()}\n").returncode == 0
    agent.start()
    try:
        agent.write("before the fault", "ERROR queue for 900101-1234568")
        wait_until(server.collector.events, "the event")
        [event] = server.collector.events()
        assert (event.text, event.before, event.fields, event.evidence_held) == ("", [], {}, True)
        assert b"ERROR queue" not in (tmp_path / "state" / "spool.db").read_bytes()

        [row] = [json.loads(line) for line in agent.command("evidence", "list", "--json").stdout.splitlines()]
        assert (row["event"], row["code"], row["released"]) == (event.event_id, "BIL-1", False)
        shown = json.loads(agent.command("evidence", "show", event.event_id[:6]).stdout)
        assert shown["text"].startswith("ERROR queue for [RRN#")
        assert agent.command("evidence", "release", "ffff_").returncode == 1
        assert agent.command("evidence", "release", event.event_id[:6]).returncode == 0
        wait_until(lambda: released(server.collector), "the lines")
        [evidence] = released(server.collector)
        assert (evidence.event_id, evidence.text) == (event.event_id, shown["text"])
        store = EvidenceStore(tmp_path / "state")
        wait_until(lambda: not store.held(), "it is gone here")

        agent.write("ERROR stock")
        wait_until(store.held, "the next one")
        assert agent.command("evidence", "drop", "--code", "BIL-1").returncode == 0
        assert store.held() == []
        assert agent.stop() == 0
    finally:
        agent.end()


def released(collector: Collector) -> list[Evidence]:
    return [record for record in collector.state.records if isinstance(record, Evidence)]

"""Planted values through the real agent: no byte of them in the state folder, nor in what leaves."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.spool.sent import sent_payloads
from tests.fakes.agent_process import AgentProcess, wait_until
from tests.fakes.collector import Collector, HttpCollector
from tests.fakes.personal_lines import Planted, Writer, planted

pytestmark = pytest.mark.e2e

PATTERNS = "patterns: [{name: MRN, regex: '[0-9]{8}', keys: [환자번호, mrn, chart_no, 病历号]}]"
OFF = "korean_id: false, chinese_id: false, phone: false, card: false, secret: false, private_key: false"
LINES = [line for line in planted(99, 120) if "\n" not in line.line]
PEM = Writer(7).pem().split("\n")


class Scene:
    def __init__(self, folder: Path, repository: Path, server: HttpCollector) -> None:
        self.collector = server.collector
        self.collector.interval_s = 1.0
        self.address = server.address
        self.agent = AgentProcess(folder, repository, server.address)
        self.state = folder / "state"

    def run(self, section: str) -> None:
        """Follow a log with every planted value in a hit line, before it, behind it and in a captured field."""
        agent = self.agent
        agent.write_settings(self.address, section)
        done = agent.command("enrol", "-", stdin=f"{self.collector.token()}\n")
        assert done.returncode == 0, done.stderr
        agent.start()
        for at, line in enumerate(LINES):
            agent.write(f"context {line.line}", f"{line.line} ERROR w{at}", f"ERROR {line.written} behind {line.line}")
        agent.write(*PEM, "ERROR key", *PEM)
        agent.write("ERROR end")
        wait_until(lambda: any(event.identity == {"what": "end"} for event in self.collector.events()), "all is sent")
        assert agent.stop(signal.SIGTERM) == 0

    def stored(self) -> bytes:
        """Every byte of the state folder but those of the key, and of the batches as they came to the collector."""
        files = [path for path in self.state.rglob("*") if path.is_file() and path.name != "redaction.key"]
        assert any(path.name == "spool.db" for path in files)
        records = [json.dumps(json.loads(line), ensure_ascii=False) for line in self.sent()]
        own_log = self.agent.own_log.read_bytes()
        return b"\n".join([*(path.read_bytes() for path in files), "\n".join(records).encode(), own_log])

    def sent(self) -> list[str]:
        """Every record that left; the batch with the most of them as `sitewarden-agent sent` shows it."""
        payloads = sorted(sent_payloads(self.state / "spool.db"), key=lambda payload: payload.size_bytes)
        shown = self.agent.command("sent", "--batch", str(payloads[-1].sequence)).stdout.splitlines()
        assert len(shown) == len(payloads[-1].records) > 0
        return [*shown, *(bytes(raw).decode() for payload in payloads for raw in payload.records)]


def found(stored: bytes, line: Planted) -> bool:
    spellings = {line.written, json.dumps(line.written)[1:-1], json.dumps(line.written, ensure_ascii=False)[1:-1]}
    return any(spelling.encode() in stored for spelling in {*spellings, line.value})


@pytest.fixture
def scene(tmp_path: Path, repository: Path) -> Iterator[Scene]:
    with HttpCollector(Collector()) as server:
        made = Scene(tmp_path, repository, server)
        yield made
        made.agent.end()


def test_no_planted_value_is_stored_or_sent(scene: Scene) -> None:
    scene.run(f"redaction: {{{PATTERNS}}}\n")
    stored = scene.stored()
    assert b"[RRN#" in stored
    assert b"[KEY#" in stored
    assert [line for line in LINES if found(stored, line)] == []
    assert [row for row in PEM[1:-2] if row.encode() in stored] == []


def test_the_scan_finds_them_when_redaction_is_off(scene: Scene) -> None:
    scene.run(f"redaction: {{{OFF}}}\n")
    stored = scene.stored()
    assert all(found(stored, line) for line in LINES if "ERROR" not in line.line)
    assert PEM[-3].encode() in stored

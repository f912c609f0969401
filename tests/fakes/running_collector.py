"""A collector as its own process, on ports that the kernel chose."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from collector.app import build_parts
from collector.commands.tokens import issuing
from collector.fleet import service
from collector.fleet.model import Site
from collector.settings.reading import load_settings
from terminal import Terminal
from tests.fakes.signing_agent import SigningAgent
from wire import enrolment
from wire.enrolment import Token

SETTINGS = """
state: state
exchange: {port: 0}
console: {port: 0}
rules: {open_delay_s: [0, 0, 0, 0]}
"""


@dataclass
class Running:
    """The process and where it listens."""

    process: subprocess.Popen[str]
    facts: dict[str, Any]

    @property
    def exchange(self) -> str:
        return str(self.facts["exchange"])

    @property
    def port(self) -> int:
        return int(self.exchange.rpartition(":")[2])


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run one command of the collector to its end."""
    return subprocess.run(
        [sys.executable, "-m", "collector", *words, "--settings", str(folder / "c.yaml")],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def settings_in(folder: Path, content: str = SETTINGS) -> Path:
    path = folder / "c.yaml"
    path.write_text(content)
    return path


def start(folder: Path) -> Running:
    """Start it and wait until both listeners answer."""
    process = subprocess.Popen(
        [sys.executable, "-m", "collector", "serve", "--settings", str(folder / "c.yaml"), "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise AssertionError(f"it ended with {process.wait()}")
    return Running(process, json.loads(line))


@contextmanager
def running_collector(folder: Path) -> Iterator[Running]:
    """Start it, and end it in order, unless the test has killed it."""
    running = start(folder)
    try:
        yield running
    finally:
        ended_by_test = running.process.poll() is not None
        running.process.terminate()
        code = running.process.wait(timeout=20)
        assert running.process.stdout is not None
        running.process.stdout.close()
        assert ended_by_test or code == 0


def add_site(folder: Path, site: str = "seoul") -> Token:
    """A site with its token, as the command makes it, without the time that a process takes to start."""
    parts = build_parts(load_settings(folder / "c.yaml", Terminal()))
    try:
        added = Site(site, "Hospital", "Hanbit", "Asia/Seoul", "en", parts.now())
        return service.add_site(parts.store, added, issue=issuing(parts))
    finally:
        parts.store.close()


def enrol(running: Running, token: Token) -> SigningAgent:
    """An agent by this token."""
    agent = SigningAgent(token.receipt_key_id)
    sent = agent.enrolment(token)
    response = httpx.post(f"{running.exchange}{sent.path}", headers=sent.headers, content=sent.body)
    assert response.status_code == 200, response.text
    agent.id = enrolment.decode_enrol_reply(response.content).agent
    return agent

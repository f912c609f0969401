"""A whole site and a whole desk with real processes: collector, agent, executor, `sitewarden` as a person runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx
from sqlalchemy import text

from collector.app import build_parts
from collector.auth import service as accounts
from collector.relay.service import send
from collector.settings.reading import load_settings
from remediation.trust.key_file import write_key_file
from terminal import Terminal
from tests.fakes import running_collector as collectors
from tests.fakes.agent_process import CATALOGUE, wait_until
from tests.fakes.collector import HttpCollector
from tests.fakes.signed_site import SignedSite
from wire.documents.envelope import Envelope, encode_envelope

SETTINGS = """
state: collector-state
exchange: {port: 0}
console: {port: 0}
rules: {open_delay_s: [0, 0, 0, 0], heartbeat_s: HEARTBEAT}
"""
PASSWORD = "correct horse battery"


@dataclass
class _Door:
    """What SignedSite asks of a collector: where it is, and a token."""

    address: str
    given: str

    @property
    def collector(self) -> _Door:
        return self

    def token(self) -> str:
        return self.given


class AskedSite:
    """Everything below `folder`; the engineer is logged in and has a ticket of a fault that was really logged."""

    def __init__(self, folder: Path, repository: Path, running: collectors.Running, token: str) -> None:
        self.folder = folder
        self.running = running
        self.url = str(running.facts["console"])
        self.settings = load_settings(folder / "c.yaml", Terminal())
        self.site = SignedSite(folder, repository, cast("HttpCollector", _Door(running.exchange, token)))
        (folder / "his.yaml").write_text(CATALOGUE.replace("product: HIS", "product: clinic"))
        self.key, self.root = folder / "lee.key", folder / "root.json"
        write_key_file(self.key, self.site.engineer, passphrase=None, salt=b"0" * 16)
        self.root.write_bytes((self.site.published / "metadata" / "1.root.json").read_bytes())
        loaded = collectors.command(folder, "vendor", "load", str(self.site.published))
        assert loaded.returncode == 0, loaded.stderr
        self._user()

    def _user(self) -> None:
        parts = build_parts(self.settings)
        try:
            accounts.add_user(
                parts.store, "jh", password=PASSWORD, language="", new_secret=parts.new_secret, now=parts.now()
            )
        finally:
            parts.store.close()
        done = self.desk("login", self.url, "--user", "jh", "--password-stdin", stdin=f"{PASSWORD}\n")
        assert done.returncode == 0, done.stderr
        self.token = json.loads((self.folder / "config" / "sitewarden" / "login.json").read_text())["token"]

    def desk(self, *words: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """`sitewarden` with these words."""
        return subprocess.run(
            [sys.executable, "-m", "deploy.desk", *(str(word) for word in words)],
            capture_output=True,
            text=True,
            env=os.environ | {"XDG_CONFIG_HOME": str(self.folder / "config"), "LANGUAGE": "C"},
            input=stdin,
            timeout=60,
            check=False,
        )

    def ask(self, path: str) -> Any:
        """What the collector's API says."""
        answer = httpx.get(self.url + path, headers={"authorization": f"Bearer {self.token}"})
        answer.raise_for_status()
        return answer.json()

    def ticket(self) -> str:
        """The number of the ticket of a fault that is written into the log now."""
        self.site.agent.write("ERROR pump")
        wait_until(lambda: self.ask("/v1/tickets")["tickets"], "a ticket")
        return str(self.ask("/v1/tickets")["tickets"][0]["number"])

    def approve(self, request: Envelope) -> None:
        """The customer's approval goes through the collector."""
        self.send(self.site.approval(request))

    def results(self, digest: str) -> list[dict[str, Any]]:
        """What hosts have said about this request, from the collector's own database."""
        parts = build_parts(self.settings)
        try:
            with parts.store.reading() as connection:
                rows = connection.execute(
                    text("SELECT body FROM action_result WHERE digest = :d AND outcome <> 'progress'"), {"d": digest}
                )
                return [json.loads(row.body) for row in rows]
        finally:
            parts.store.close()

    def send(self, envelope: Envelope) -> float:
        """Hand a document to the collector, in its own database; the monotonic time of it."""
        parts = build_parts(self.settings)
        try:
            send(parts.store, encode_envelope(envelope), now=datetime.now(UTC))
        finally:
            parts.store.close()
        return time.monotonic()


@contextmanager
def asked_site(folder: Path, repository: Path, heartbeat_s: float = 0.5) -> Iterator[AskedSite]:
    """Started, and ended in order."""
    collectors.settings_in(folder, SETTINGS.replace("HEARTBEAT", str(heartbeat_s)))
    with collectors.running_collector(folder) as running:
        made = AskedSite(folder, repository, running, str(collectors.add_site(folder)))
        try:
            made.site.start()
            yield made
        finally:
            made.site.end()

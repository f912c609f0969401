"""From a wrong row in what was restored to a ticket at the vendor's desk, and back: every process is real."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.uplink.identity import read_identity
from collector.app import build_parts
from collector.auth import service as accounts
from collector.settings.reading import load_settings
from terminal import Terminal
from tests.fakes.agent_process import AgentProcess, wait_until
from tests.fakes.running_collector import SETTINGS, Running, add_site, command, running_collector, settings_in
from tests.fakes.typed_backup import TypedBackup
from wire.documents.backups import read_backup_proof
from wire.documents.envelope import decode_envelope

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]
OFTEN = "heartbeat_s: 1, "  # what is known after a restart comes with the next heartbeat
WRONG_ROW = "UPDATE orders SET total = 1 WHERE number = 0"
RIGHT_ROW = "UPDATE orders SET total = 0 WHERE number = 0"


@dataclass
class Site:
    """A host with an agent and a backup, and the desk that watches it."""

    desk: Path
    running: Running
    agent: AgentProcess
    backup: TypedBackup
    api: httpx.Client
    pages: httpx.Client

    def back_up(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`sitewarden-agent backup WORDS`, as its timer starts it."""
        told = [sys.executable, "-m", "agent", "backup", *words, "--policy", str(self.backup.policy)]
        return subprocess.run(
            [*told, "--settings", str(self.agent.settings)], capture_output=True, text=True, timeout=60, check=False,
            cwd=self.agent.repository, env=os.environ | {"LANGUAGE": "C"},
        )  # fmt: skip

    def look_again(self) -> None:
        """The probe looks every minute, and at once when the agent starts."""
        assert self.agent.stop() == 0
        self.agent.start()

    def ticket(self, code: str) -> dict[str, Any]:
        found = self.api.get("/v1/tickets", params={"open": "false"}).json()["tickets"]
        return next((ticket for ticket in found if ticket["code"] == code), {})

    def host(self) -> dict[str, Any]:
        found = self.api.get("/v1/backups", params={"site": "seoul"}).json()["hosts"]
        return dict(found[0])


def test_a_wrong_row_becomes_a_ticket(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> None:
    """And a good drill clears it. The folder has a short name: a drill wants room for the name of a socket below it."""
    tmp_path = tmp_path_factory.mktemp("b")
    desk = tmp_path / "desk"
    desk.mkdir()
    settings_in(desk, SETTINGS.replace("rules: {", f"rules: {{{OFTEN}"))
    with running_collector(desk) as running:
        site = _site(tmp_path, repository, desk, running)
        try:
            assert site.host()["standing"] == "unknown"
            _fails(site)
            _is_shown(site)
            _is_mended(site)
        finally:
            site.agent.end()
            site.api.close()
            site.pages.close()


def _fails(site: Site) -> None:
    site.backup.sql(WRONG_ROW)
    ran = site.back_up("run")
    assert ran.returncode == 0, ran.stderr
    drilled = site.back_up("drill", "3")
    assert drilled.returncode == 1, "a wrong row is no proof"
    site.look_again()
    wait_until(lambda: site.ticket("HOST-PRF-0001"), "the ticket")
    assert site.ticket("HOST-PRF-0001")["level"] == 2
    wait_until(lambda: site.host()["standing"] == "failed", "the proof of it", 60)


def _is_shown(site: Site) -> None:
    wait_until(lambda: len(site.host()["proofs"]) == 2, "both proofs", 60)
    failed, saved = site.host()["proofs"]
    assert (failed["act"], failed["level"], failed["is_good"]) == ("drill", 3, False)
    assert (saved["act"], saved["is_good"]) == ("backup", True)
    page = site.pages.get(f"/tickets/{site.ticket('HOST-PRF-0001')['number']}").text
    assert "/sites/seoul/backups" in page
    assert f"/sites/seoul/proofs/{failed['id']}" in page
    listed = command(site.desk, "backup", "list", "--json")
    assert (listed.returncode, json.loads(listed.stdout)["sites"][0]["failed"]) == (1, 1)
    content = site.pages.get(f"/sites/seoul/proofs/{failed['id']}").content
    [kept] = [path for path in (site.backup.root / "state/told/proofs").iterdir() if path.read_bytes() == content]
    identity = read_identity(site.agent.folder / "state")
    assert identity is not None
    key = identity.key.public_key()
    assert read_backup_proof(decode_envelope(kept.read_bytes()), key).number == failed["number"]


def _is_mended(site: Site) -> None:
    site.backup.sql(RIGHT_ROW)
    assert site.back_up("run").returncode == 0
    assert site.back_up("drill", "3").returncode == 0
    site.look_again()
    wait_until(lambda: site.host()["standing"] == "proven", "the proof", 60)
    wait_until(
        lambda: not site.ticket("HOST-PRF-0001")["firing"], "it is cleared; the ticket waits for the stable time", 60
    )
    assert command(site.desk, "backup", "list").returncode == 0
    assert command(site.desk, "backup", "show", "seoul").stdout.count("drill 3") == 2


def _site(folder: Path, repository: Path, desk: Path, running: Running) -> Site:
    token = add_site(desk)
    host = folder / "host"
    host.mkdir()
    backup = TypedBackup(folder / "backup")
    more = f"backup: {{folder: {backup.root / 'state'}}}\n"
    agent = AgentProcess(host, repository, running.exchange, more)
    backup.settings = agent.settings
    api, pages = _clients(desk, str(running.facts["console"]))
    site = Site(desk, running, agent, backup, api, pages)
    assert agent.command("enrol", "-", stdin=f"{token}\n").returncode == 0
    key = site.back_up("keys", "init")
    assert key.returncode == 0, key.stderr
    agent.start()
    return site


def _clients(desk: Path, address: str) -> tuple[httpx.Client, httpx.Client]:
    """One with a token for the API, one with a session for pages."""
    parts = build_parts(load_settings(desk / "c.yaml", Terminal()))
    try:
        means: dict[str, Any] = {"new_secret": parts.new_secret, "now": parts.now()}
        accounts.add_user(parts.store, "jh", password="correct horse battery", language="en", **means)
        token = accounts.make_api_token(parts.store, "jh", **means)
        link = accounts.make_login_link(parts.store, "jh", **means)
        session = accounts.log_in_by_link(parts.store, link, **means)
    finally:
        parts.store.close()
    api = httpx.Client(base_url=address, headers={"authorization": f"Bearer {token}"})
    return api, httpx.Client(base_url=address, cookies={"sitewarden": session})

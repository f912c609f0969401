"""A customer's server that boots, with the shipped directory and units, and a real collector that it reaches.

Installed and enrolled as a customer does it: every step is a command on that host.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from deploy.lab.host import Host
from deploy.lab.product import SETTINGS
from deploy.lab.waiting import wait_until
from tests.fakes.running_collector import add_site, command, settings_in
from tests.fakes.vendor import FakeVendor
from wire.documents.envelope import Envelope, add_signature, encode_envelope
from wire.documents.model import ActionRequest, Approval, write_document
from wire.enrolment import Token
from wire.keys import generate_key, public_text

AGENT, EXECUTOR = "sitewarden-agent.service", "sitewarden-executor.service"
SOCKET = "/run/sitewarden-executor.sock"
STATE, EXECUTOR_FOLDER = "/var/lib/sitewarden", "/var/lib/sitewarden-executor"
SERVICE = "clinic-lab"
CARRIED = "/srv"  # where the customer keeps what came on a stick
WAIT_S = 20.0

AGENT_SETTINGS = """collector: ADDRESS
sources:
  - {name: clinic, path: /var/log/clinic.log, catalogue: "vendor:lab", start: beginning}
"""
COLLECTOR_SETTINGS = """state: collector
exchange: {port: 0}
console: {port: 0}
rules: {heartbeat_s: 1, open_delay_s: [0, 0, 0, 0]}
"""
SERVICE_UNIT = """[Service]
ExecStart=/bin/sleep infinity
"""
# What a process can do here: its capabilities, its network devices and routes, a socket, a way out.
PROBE = """#!/usr/bin/python3
import json, os, pathlib, socket
def tried(act):
    try:
        act()
    except OSError as error:
        return error.strerror
    return "done"
status = dict(line.split(":\\t", 1) for line in pathlib.Path("/proc/self/status").read_text().splitlines())
devices = [line.partition(":")[0].strip() for line in pathlib.Path("/proc/net/dev").read_text().splitlines()[2:]]
print(json.dumps({
    "uid": os.getuid(), "capabilities": int(status["CapEff"], 16), "no_new_privileges": status["NoNewPrivs"],
    "devices": devices, "routes": len(pathlib.Path("/proc/net/route").read_text().splitlines()[1:]),
    "socket": tried(lambda: socket.socket(socket.AF_INET)),
    "packet": tried(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
    "write": tried(lambda: pathlib.Path("/etc/written").write_text("x")),
    "network": os.readlink("/proc/self/ns/net"),
}))
"""
LAB_ACTIONS = """product: lab
version: "1"
actions:
  - name: probe
    title: {en: Look what this process may do}
    risk: low
    run: {argv: [/usr/local/bin/probe], timeout_s: 20}
  - name: hang
    title: {en: Write down that it began and hang}
    risk: low
    run: {argv: [/usr/local/bin/hang], timeout_s: 600}
  - name: leave
    title: {en: Leave processes behind}
    risk: low
    run: {argv: [/usr/local/bin/leave], timeout_s: 20}
"""
LEAVE = """#!/bin/sh
setsid setsid sleep 4711 &
setsid sh -c 'sleep 4711 & sleep 4711 & exec sleep 0.2'
echo left
"""
ROSTER = """version: 1
engineers:
  - {name: Lee, key: KEY, classes: [action], not_after: "2099-01-01T00:00:00Z"}
"""
HANG = """#!/bin/sh
echo began >> /var/lib/sitewarden-executor/hang.txt
exec sleep 500
"""


def wait(condition: Callable[[], object], what: str) -> None:
    wait_until(condition, what, WAIT_S)


def commands_of(repository: Path, step: str) -> str:
    """The commands of one step of docs/install.md."""
    found = re.search(
        rf"^```sh {step}\n(.*?)^```", (repository / "docs/install.md").read_text(), re.DOTALL | re.MULTILINE
    )
    assert found, step
    return found[1]


class LabSite:
    """`folder` is ours: the collector, the vendor's desk, keys. The host has what was carried to it."""

    def __init__(self, folder: Path, host: Host, repository: Path) -> None:
        self.folder = folder
        self.host = host
        self.repository = repository
        self.engineer, self.approver = generate_key(), generate_key()
        self.digests: dict[str, str] = {}
        self.collector: subprocess.Popen[str] | None = None
        self._publish()
        self.token = self._start_collector()

    def end(self) -> None:
        assert self.collector is not None
        self.collector.terminate()
        assert self.collector.wait(20) == 0
        assert self.collector.stdout is not None
        self.collector.stdout.close()

    def _publish(self) -> None:
        (self.folder / "vendor").mkdir()
        vendor = FakeVendor(self.folder / "vendor", products=("systemd", "lab"), now=datetime.now(UTC))
        texts = {"lab": LAB_ACTIONS, "systemd": (self.repository / "deploy/actions/systemd.yaml").read_text()}
        for product, text in texts.items():
            vendor.shop.add(f"{product}/actions.yaml", text.encode())
            self.digests[product] = hashlib.sha256(text.encode()).hexdigest()
        vendor.shop.add("roster.yaml", ROSTER.replace("KEY", public_text(self.engineer)).encode())
        vendor.publish()
        self.vendor = vendor

    def _start_collector(self) -> Token:
        settings_in(self.folder, COLLECTOR_SETTINGS)
        token = add_site(self.folder)
        loaded = command(self.folder, "vendor", "load", str(self.vendor.out))
        assert loaded.returncode == 0, loaded.stderr
        words = [sys.executable, "-m", "collector", "serve", "--settings", str(self.folder / "c.yaml"), "--json"]
        self.collector = subprocess.Popen(
            self.host.beside(words), stdout=subprocess.PIPE, text=True, cwd=self.repository
        )
        assert self.collector.stdout is not None
        self.address = str(json.loads(self.collector.stdout.readline())["exchange"])
        return token

    # ------------------------------------------------------------ the customer's steps, in their order

    def set_up_host(self) -> None:
        """Before the product comes: a service that will be restarted, its log, and an ordinary user."""
        host = self.host
        host.write(f"/etc/systemd/system/{SERVICE}.service", SERVICE_UNIT)
        host.write("/usr/local/bin/probe", PROBE, 0o755)
        host.write("/usr/local/bin/hang", HANG, 0o755)
        host.write("/usr/local/bin/leave", LEAVE, 0o755)
        host.write("/var/log/clinic.log", "", 0o640)
        host.ask(["chown", "root:adm", "/var/log/clinic.log"])
        host.ask(["useradd", "--system", "stranger"])
        host.ask(["systemctl", "start", SERVICE])

    def follow_the_page(self) -> None:
        """Steps 3 to 6 of docs/install.md; the product's own installing was step 2."""
        self.host.write(SETTINGS, AGENT_SETTINGS.replace("ADDRESS", self.address))
        self.host.write(f"{CARRIED}/1.root.json", self.vendor.root().decode())
        self.host.write(f"{CARRIED}/kim.key.pub", public_text(self.approver) + "\n")
        for step, stdin in (("enrol", f"{self.token}\n"), ("policy", ""), ("start", "")):
            self.host.ask(["sh", "-euc", f"cd {CARRIED}\n{commands_of(self.repository, step)}"], stdin=stdin)

    @cached_property
    def agent_id(self) -> str:
        """The name by which the collector knows this host."""
        return str(self.status()["agent"])

    # ------------------------------------------------------------ what is asked for, and what became of it

    def status(self, user: str = "") -> dict[str, Any]:
        found = json.loads(self.host.run(["sitewarden-agent", "status", "--json"], user=user).stdout)
        assert isinstance(found, dict)
        return found

    def request(self, product: str, action: str, **parameters: str) -> Envelope:
        now = datetime.now(UTC)
        request = ActionRequest(
            id=os.urandom(16).hex(),
            site="seoul",
            hosts=[self.agent_id],
            made_at=now,
            not_before=now - timedelta(minutes=1),
            not_after=now + timedelta(hours=1),
            product=product,
            action=action,
            actions_digest=self.digests[product],
            parameters=dict(parameters),
            reason="to see it on a booted host",
        )
        return add_signature(write_document(request), self.engineer)

    def approval(self, request: Envelope, *, uses: int = 1) -> Envelope:
        now = datetime.now(UTC)
        approval = Approval(
            id=os.urandom(16).hex(),
            site="seoul",
            hosts=[self.agent_id],
            made_at=now,
            not_before=now - timedelta(minutes=1),
            not_after=now + timedelta(hours=1),
            approves=request.digest,
            approver="Kim",
            uses=uses,
        )
        return add_signature(write_document(approval), self.approver)

    def send(self, *envelopes: Envelope) -> None:
        paths = [self.folder / f"document-{number}.json" for number, _ in enumerate(envelopes)]
        for path, envelope in zip(paths, envelopes, strict=True):
            path.write_bytes(encode_envelope(envelope))
        sent = command(self.folder, "document", "send", *map(str, paths))
        assert sent.returncode == 0, sent.stderr

    def outcome(self, request: Envelope, *, but: str = "") -> dict[str, Any]:
        """What the collector was told about it; `but` an earlier outcome that does not count."""
        found: list[dict[str, Any]] = []

        def is_told() -> bool:
            found[:] = [body for body in self.results(request) if body["outcome"] != but]
            return bool(found)

        wait(is_told, f"a result at the collector; {self.results(request)}")
        return found[-1]

    def results(self, request: Envelope) -> list[dict[str, Any]]:
        database = sqlite3.connect(f"file:{self.folder}/collector/collector.db?mode=ro", uri=True)
        try:
            query = "select body from action_result where digest = ? order by id"
            return [json.loads(body) for (body,) in database.execute(query, (request.digest,))]
        finally:
            database.close()

    def interruption(self) -> str:
        """What the collector takes the newest interruption of this host for."""
        database = sqlite3.connect(f"file:{self.folder}/collector/collector.db?mode=ro", uri=True)
        try:
            return str(database.execute("select interruption from agent").fetchone()[0] or "")
        finally:
            database.close()

    def fault(self, code: str, unit: str) -> str:
        """How the collector's alert about this unit stands: `ok` once it is cleared; empty where it has none."""
        database = sqlite3.connect(f"file:{self.folder}/collector/collector.db?mode=ro", uri=True)
        try:
            query = "select state from alert join fingerprint on id = fingerprint_id where code = ? and identity like ?"
            found = database.execute(query, (code, f'%"{unit}"%')).fetchone()
            return str(found[0]) if found else ""
        finally:
            database.close()

    def main_pid(self, unit: str) -> int:
        """The unit's process id on the host, 0 when it has none."""
        return int(self.host.ask(["systemctl", "show", "--property=MainPID", "--value", unit]))

    def kinds(self) -> list[str]:
        """What the audit chain holds."""
        shown = self.host.ask(["sitewarden-agent", "audit", "show", "--json"])
        return [json.loads(line)["kind"] for line in shown.splitlines()]

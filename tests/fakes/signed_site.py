"""A whole site with real processes: agent, executor, vendor's repository, approver; a collector on loopback."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from remediation.executor.sources import VENDOR
from remediation.trust.published import folder_fetcher
from remediation.trust.vendor import VendorRepository
from tests.fakes.agent_process import AgentProcess, wait_until
from tests.fakes.collector import HttpCollector
from tests.fakes.customer import an_approver
from tests.fakes.vendor import FakeVendor
from wire.documents.envelope import Envelope, add_signature, encode_envelope
from wire.documents.model import ActionRequest, Approval, write_document
from wire.keys import Ed25519PrivateKey, generate_key, public_text

ACTIONS = """product: clinic
version: "1"
actions:
  - name: leave-marker
    title: {en: Leave a marker}
    risk: low
    parameters: {name: {kind: name}}
    run: {argv: [PROGRAM, "{name}"], timeout_s: 20}
  - name: collect-bundle
    title: {en: Collect a support bundle}
    risk: low
    collect:
      files: [LOGS/*.log]
      outputs: [{name: greeting, argv: [PROGRAM, bundle]}]
  - name: hang
    title: {en: Hang}
    risk: low
    run: {argv: [HANGING], timeout_s: 60}
"""
ROSTER = """version: 1
engineers:
  - {name: Lee, key: KEY, classes: [action], not_after: "2099-01-01T00:00:00Z"}
"""


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


class SignedSite:
    """Everything below `folder`. Enrolled, with vendor root and policy; `start` starts both processes."""

    def __init__(self, folder: Path, repository: Path, server: HttpCollector) -> None:
        self.folder = folder
        self.server = server
        self.collector = server.collector
        self.markers = folder / "markers"
        self.markers.mkdir()
        self.logs = folder / "logs"  # what a bundle may hold
        self.logs.mkdir()
        self.engineer, self.approver = generate_key(), generate_key()
        self.agent = AgentProcess(folder, repository, server.address)
        self.executor_folder = folder / "state-executor"
        self.process: subprocess.Popen[bytes] | None = None
        self._publish()
        self._enrol()

    def _publish(self) -> None:
        program = script(self.folder / "leave-marker", f'echo "left $1"; echo x >> "{self.markers}/$1"')
        hanging = script(self.folder / "hang", f'echo $$ >> "{self.markers}/hanging"; exec sleep 60')
        text = ACTIONS.replace("PROGRAM", str(program)).replace("HANGING", str(hanging)).replace("LOGS", str(self.logs))
        self.actions_digest = hashlib.sha256(text.encode()).hexdigest()
        (self.folder / "vendor").mkdir()
        vendor = FakeVendor(self.folder / "vendor", products=("clinic",), now=datetime.now(UTC))
        vendor.shop.add("clinic/actions.yaml", text.encode())
        vendor.shop.add("roster.yaml", ROSTER.replace("KEY", public_text(self.engineer)).encode())
        vendor.publish()
        self.published = vendor.out
        source = folder_fetcher(vendor.out)
        self.executor_folder.mkdir(mode=0o700)
        host = VendorRepository(self.executor_folder / VENDOR, source)
        host.install_root(vendor.root())
        host.refresh(datetime.now(UTC))

    def _enrol(self) -> None:
        done = self.agent.command("enrol", "-", stdin=f"{self.collector.token()}\n")
        assert done.returncode == 0, done.stderr
        done = self.agent.command("place")
        assert done.returncode == 0, done.stderr
        place = json.loads((self.executor_folder / "place.json").read_text())
        self.site, self.host = place["site"], place["host"]
        self.keys = {"--host-key": place["host_key"], "--receipt-key": place["receipt_key"]}
        policy = {"version": 1, "site": self.site, "approvers": [an_approver("Kim", self.approver)]}
        policy["collect"] = {"roots": [str(self.logs)]}
        path = self.executor_folder / "policy.yaml"
        path.write_text(json.dumps(policy))
        path.chmod(0o600)

    def start(self) -> None:
        self.start_executor()
        self.agent.start()

    def start_executor(self, *more: str) -> None:
        with (self.folder / "executor.err").open("ab") as err:
            command = [sys.executable, "-m", "agent", "executor", "--settings", str(self.agent.settings), *more]
            self.process = subprocess.Popen(command, cwd=self.agent.repository, stderr=err)
        wait_until((self.executor_folder / "executor.sock").exists, "the executor listens")

    def kill_executor(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(20)
        (self.executor_folder / "executor.sock").unlink(missing_ok=True)

    def end(self) -> None:
        self.agent.end()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)

    def times(self) -> dict[str, Any]:
        now = datetime.now(UTC)
        later = now + timedelta(hours=1)
        return {"made_at": now, "not_before": now - timedelta(minutes=1), "not_after": later}

    def request(self, marker: str = "one", *, by: Ed25519PrivateKey | None = None, **change: Any) -> Envelope:
        values: dict[str, Any] = {
            "id": os.urandom(16).hex(),
            "site": self.site,
            "hosts": [self.host],
            "product": "clinic",
            "action": "leave-marker",
            "actions_digest": self.actions_digest,
            "parameters": {"name": marker},
            "reason": "to see it run",
            "ticket": "T-1",
        }
        request = ActionRequest(**self.times() | values | change)
        return add_signature(write_document(request), by or self.engineer)

    def approval(self, request: Envelope, *, by: Ed25519PrivateKey | None = None, **change: Any) -> Envelope:
        values: dict[str, Any] = {
            "id": os.urandom(16).hex(),
            "site": self.site,
            "hosts": [self.host],
            "approves": request.digest,
            "approver": "Kim",
        }
        return add_signature(write_document(Approval(**self.times() | values | change)), by or self.approver)

    def send(self, kind: str, envelope: Envelope) -> None:
        self.collector.send_down(kind, encode_envelope(envelope))

    def file(self, name: str, envelope: Envelope) -> str:
        path = self.folder / name
        path.write_bytes(encode_envelope(envelope))
        return str(path)

    def left(self, marker: str) -> int:
        """How often that marker was left."""
        path = self.markers / marker
        return len(path.read_text().splitlines()) if path.exists() else 0

    def kinds(self) -> list[str]:
        """What the audit chain holds, read by the command as a person would."""
        shown = self._audit("show", "--json")
        return [json.loads(line)["kind"] for line in shown.stdout.splitlines()]

    def _audit(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "agent", "audit", *words, "--settings", str(self.agent.settings)]
        return subprocess.run(command, capture_output=True, text=True, cwd=self.agent.repository, check=False)

    def verify_copy(self, copy: Path) -> subprocess.CompletedProcess[str]:
        """`audit verify` of a copy, with keys noted elsewhere and without any settings."""
        keys = [word for pair in self.keys.items() for word in pair]
        return self._audit("verify", "--json", "--folder", str(copy), *keys)

"""A host that can be maintained: real place, policy, ledger and audit chain in a folder; a vendor in memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from remediation.executor.bundles import FOLDER_NAME, Bundles
from remediation.executor.executor import Executor, Parts
from remediation.executor.journal import Journal
from remediation.executor.place import PlaceFile, read_place, save_place
from remediation.executor.questions import RunRequest
from remediation.executor.requests import Missing, Peer
from remediation.trust.assertion import encode_approval
from remediation.trust.decision import Vendor
from remediation.trust.ledger import Ledger
from remediation.trust.policy_file import Policy, read_policy
from remediation.trust.targets import Actions, Engineer, Roster, read_actions
from tests.fakes.customer import BASE, HOST, NOW, SITE, an_approver, approve, policy_text
from tests.fakes.runner import Scripted, ScriptedRunner
from wire.documents.envelope import Envelope, add_signature, encode_envelope
from wire.documents.model import ActionRequest, write_document
from wire.keys import Ed25519PrivateKey, generate_key, public_text
from wire.proofs import Result
from wire.sentence import Sentence

PEER = Peer(pid=1, uid=1_000)
ACTIONS_TEXT = """
product: clinic
version: "1"
actions:
  - name: restart-service
    title: {en: Restart a service}
    risk: medium
    parameters:
      service: {kind: name}
    precheck: {argv: [check, "{service}"], timeout_s: 5}
    run: {argv: [restart, "{service}"], timeout_s: 20, output_bytes: 1000}
    undo: {argv: [undo, "{service}"]}
  - name: touch-marker
    title: {en: Touch a marker}
    risk: low
    run: {argv: [touch]}
"""


@dataclass
class VendorInMemory:
    """Sources of an executor with a vendor that needs no repository."""

    folder: Path
    found: Vendor | None

    def place(self) -> PlaceFile:
        return read_place(self.folder)

    def policy(self) -> Policy:
        try:
            return read_policy((self.folder / "policy.yaml").read_bytes())
        except FileNotFoundError as error:
            raise Missing("there is no local policy") from error

    def vendor(self, now: datetime) -> Vendor:
        if self.found is None:
            raise Missing("this host has no vendor root")
        return self.found

    def warnings(self, now: datetime) -> list[Sentence]:
        return []


@dataclass
class MaintainedHost:
    """The host, the engineer and the approver who belong together."""

    folder: Path
    actions_text: str = ACTIONS_TEXT
    engineer: Ed25519PrivateKey = field(default_factory=generate_key)
    approver: Ed25519PrivateKey = field(default_factory=generate_key)
    host_key: Ed25519PrivateKey = field(default_factory=generate_key)
    receipt_key: Ed25519PrivateKey = field(default_factory=generate_key)
    runner: ScriptedRunner = field(
        default_factory=lambda: ScriptedRunner(
            {"check": Scripted(), "restart": Scripted(output=b"done\n"), "undo": Scripted(), "touch": Scripted()}
        )
    )
    now: datetime = NOW
    site: str = SITE
    host: str = HOST

    def __post_init__(self) -> None:
        save_place(
            self.folder,
            PlaceFile(
                site=self.site,
                host=self.host,
                host_key=public_text(self.host_key),
                receipt_key=public_text(self.receipt_key),
            ),
        )
        (self.folder / "policy.yaml").write_text(policy_text(an_approver("Kim", self.approver)))
        self.sources = VendorInMemory(self.folder, self.vendor())
        self.executor = self.start()

    def vendor(self, **change: Any) -> Vendor:
        actions: Actions = read_actions(self.actions_text.encode())
        engineer = Engineer(
            name="Lee", key=public_text(self.engineer), classes=["action"], not_after="2030-01-01T00:00:00Z"
        )
        values: dict[str, Any] = {
            "roster": Roster(version=1, engineers=[engineer]),
            "actions": {"clinic": (self.actions_digest, actions)},
            "is_expired": False,
        }
        return Vendor(**values | change)

    @property
    def actions_digest(self) -> str:
        return hashlib.sha256(self.actions_text.encode()).hexdigest()

    def start(self) -> Executor:
        """A new executor on the same folder, as after a crash or an idle end."""
        self.journal = Journal(self.folder / "audit", lambda: self.now)
        self.ledger = Ledger(self.folder)
        bundles = Bundles(self.folder / FOLDER_NAME, self.runner, lambda: 0.0)
        self.executor = Executor(
            Parts(
                self.sources, self.ledger, self.journal, self.runner, lambda: self.now, pid=42, uid=0, bundles=bundles
            )
        )
        return self.executor

    def request(self, *, by: Ed25519PrivateKey | None = None, **change: Any) -> Envelope:
        values: dict[str, Any] = {
            "id": "b" * 32,
            "site": self.site,
            "hosts": [self.host],
            "product": "clinic",
            "action": "restart-service",
            "actions_digest": self.actions_digest,
            "parameters": {"service": "clinic-api"},
            "reason": "it hangs",
            "ticket": "T-1",
        }
        document = ActionRequest(**BASE | values | change)
        return add_signature(write_document(document), by or self.engineer)

    def approval(self, request: Envelope, **change: Any) -> bytes:
        return encode_approval(approve(request, "Kim", self.approver, **change))

    def run(self, request: Envelope, *approvals: bytes, again: bool = False) -> Result:
        asked = RunRequest(document=encode_envelope(request), approvals=list(approvals), again=again)
        return self.executor.run(asked, PEER)

    def later(self, **passed: float) -> None:
        self.now += timedelta(**passed)

    def kinds(self) -> list[str]:
        """What the audit chain holds."""
        return [line.entry.kind for line in self.journal.chain.read()]

"""A host with a real executor, and a thief who has the whole collector: its keys, its files, all that passed through.

Only the runner is a stand-in: what it was told to start is what the thief has reached.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from remediation.executor.bundles import FOLDER_NAME, Bundles
from remediation.executor.executor import Executor, Parts
from remediation.executor.journal import Journal
from remediation.executor.place import PlaceFile, save_place
from remediation.executor.questions import Answer, Request, RunRequest, StopRequest
from remediation.executor.requests import Peer, answer
from remediation.executor.sources import FolderSources
from remediation.trust.assertion import SignedApproval, encode_approval
from remediation.trust.ledger import Ledger
from remediation.trust.published import folder_fetcher
from remediation.trust.vendor import VendorRepository
from tests.builders import NOW
from tests.fakes.authenticator import Authenticator
from tests.fakes.customer import an_approval, an_approver, policy_text
from tests.fakes.runner import Scripted, ScriptedRunner
from tests.fakes.vendor import ENGINEER, FakeVendor
from wire.documents.envelope import Envelope, add_signature, encode_envelope
from wire.documents.model import ActionRequest, write_document
from wire.keys import Ed25519PrivateKey, generate_key, public_text
from wire.proofs import Outcome, Result

SITE, HOST = "seoul-hospital", "host-1"
ACTIONS = """product: his
version: "%s"
actions:
  - name: restart-service
    title: {en: Restart}
    risk: low
    parameters: {service: {kind: choice, choices: [web, worker]}}
    run: {argv: [restart, "{service}"]}
  - name: rebuild
    title: {en: Rebuild}
    risk: high
    run: {argv: [rebuild]}
"""
RUNS = {"restart": Scripted(), "rebuild": Scripted()}


@dataclass
class World:
    """The honest parties. The thief may use `vendor.online`, `receipt_key`, `inbox`, and every document made here."""

    folder: Path
    now: datetime = NOW
    passkey_may_approve_actions: bool = False
    kim: Ed25519PrivateKey = field(default_factory=generate_key)
    lee: Ed25519PrivateKey = field(default_factory=generate_key)
    passkey: Authenticator = field(default_factory=Authenticator)
    receipt_key: Ed25519PrivateKey = field(default_factory=generate_key)
    thief: Ed25519PrivateKey = field(default_factory=generate_key)
    runner: ScriptedRunner = field(default_factory=lambda: ScriptedRunner(RUNS))

    def __post_init__(self) -> None:
        self.vendor = FakeVendor(self.folder / "vendor-desk", now=self.now)
        self.release("1.0")
        self.inbox = self.vendor.out
        own = self.folder / "executor"
        self.repository = VendorRepository(own / "vendor", self._fetch)
        self.repository.install_root(self.vendor.root())
        text = public_text(generate_key())
        save_place(own, PlaceFile(site=SITE, host=HOST, host_key=text, receipt_key=public_text(self.receipt_key)))
        people = [an_approver("Kim", self.kim, passkey=self.passkey), an_approver("Lee", self.lee)]
        flag = self.passkey_may_approve_actions
        (own / "policy.yaml").write_text(policy_text(*people, passkey_may_approve_actions=flag))
        (own / "policy.yaml").chmod(0o600)
        self.ledger = Ledger(own)
        parts = Parts(
            sources=FolderSources(own, self.repository),
            ledger=self.ledger,
            journal=Journal(own / "audit", lambda: self.now),
            runner=self.runner,
            now=lambda: self.now,
            pid=1,
            uid=0,
            bundles=Bundles(own / FOLDER_NAME, self.runner, lambda: 0.0),
        )
        self.executor = Executor(parts)

    def _fetch(self, name: str, most: int) -> bytes:
        """From wherever the thief has laid files now."""
        return folder_fetcher(self.inbox)(name, most)

    def release(self, version: str) -> None:
        """The vendor publishes actions of that version; the bytes are `self.actions`."""
        self.actions = (ACTIONS % version).encode()
        self.vendor.shop.add("his/actions.yaml", self.actions)
        self.vendor.publish()

    def request(self, *by: Ed25519PrivateKey, **change: Any) -> Envelope:
        """A request as the engineer makes it."""
        values: dict[str, Any] = {
            "id": "1" * 32,
            "site": SITE,
            "hosts": [HOST],
            "made_at": self.now,
            "not_before": self.now - timedelta(hours=1),
            "not_after": self.now + timedelta(hours=1),
            "product": "his",
            "action": "restart-service",
            "actions_digest": hashlib.sha256(self.actions).hexdigest(),
            "parameters": {"service": "web"},
            "reason": "it hangs",
        }
        envelope = write_document(ActionRequest(**values | change))
        for key in by or (ENGINEER,):
            envelope = add_signature(envelope, key)
        return envelope

    def approval(
        self, request: Envelope, name: str = "Kim", by: Ed25519PrivateKey | Authenticator | None = None, **change: Any
    ) -> SignedApproval:
        """An approval as the customer makes it."""
        times = {"not_before": self.now - timedelta(hours=1), "not_after": self.now + timedelta(hours=1)}
        unsigned = write_document(an_approval(request.digest, name, **times | change))
        key = by or {"Kim": self.kim, "Lee": self.lee}[name]
        return key.approve(unsigned) if isinstance(key, Authenticator) else add_signature(unsigned, key)

    def send(self, document: Envelope | bytes, *approvals: SignedApproval, again: bool = True) -> Result | Answer:
        """Through the executor's table of operations, as bytes, as any process of this host may."""
        raw = document if isinstance(document, bytes) else encode_envelope(document)
        return self.ask(
            "run", RunRequest(document=raw, approvals=[encode_approval(one) for one in approvals], again=again)
        )

    def stop(self, op: str, document: bytes) -> Answer:
        """A revocation or decline."""
        given = self.ask(op, StopRequest(document=document))
        assert isinstance(given, Answer)
        return given

    def ask(self, op: str, body: msgspec.Struct) -> Result | Answer:
        """One request over the table."""
        return self.tell(msgspec.json.encode(Request(op=op, body=msgspec.Raw(msgspec.json.encode(body)))))

    def tell(self, raw: bytes) -> Result | Answer:
        """One request as bytes."""
        given = msgspec.json.decode(answer(raw, self.executor, Peer(pid=2, uid=1_000)), type=Answer)
        if given.error:
            return given
        try:
            return msgspec.json.decode(given.body, type=Result)
        except msgspec.ValidationError:
            return given

    @property
    def is_robbed(self) -> bool:
        """Whether the thief has had anything run."""
        return bool(self.runner.ran)


Attack = Callable[[World], Result | Answer]


def refused_for(given: Result | Answer) -> str:
    """Why nothing ran; empty when something did."""
    if isinstance(given, Answer):
        return given.error
    return given.obstacle if given.outcome is Outcome.REFUSED else ""

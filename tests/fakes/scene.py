"""A case that is permitted, in memory: vendor, engineer, request, policy, approvals."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec

from remediation.trust.assertion import SignedApproval
from remediation.trust.decision import Permit, Place, Refusal, Vendor, judge
from remediation.trust.policy_file import Policy
from remediation.trust.targets import Actions, Engineer, Roster, read_actions
from tests.fakes.authenticator import Authenticator
from tests.fakes.customer import BASE, HOST, NOW, SITE, a_policy, an_approver, approve
from wire.documents.envelope import Envelope, add_signature
from wire.documents.model import ActionRequest, write_document
from wire.keys import Ed25519PrivateKey, generate_key, public_text

PRODUCT = "shop"
ACTIONS_YAML = """\
product: shop
version: "1.4"
actions:
- name: restart-service
  title: {en: Restart a service, ko: 서비스 다시 시작, zh: 重启服务}
  risk: low
  parameters:
    service: {kind: choice, choices: [web, worker]}
  run: {argv: [/usr/bin/systemctl, restart, "{service}"]}
- name: trim-logs
  title: {en: Trim logs, ko: 로그 정리, zh: 清理日志}
  risk: medium
  parameters:
    days: {kind: number, minimum: 1, maximum: 90}
    folder: {kind: name}
  run: {argv: [/usr/bin/trim, "{days}", "{folder}"]}
- name: rebuild
  title: {en: Rebuild the index, ko: 색인 다시 만들기, zh: 重建索引}
  risk: high
  run: {argv: [/usr/bin/rebuild]}
"""
ENGINEER = generate_key()
KIM, LEE = generate_key(), generate_key()
PASSKEY = Authenticator()


def an_engineer(key: Ed25519PrivateKey = ENGINEER, **change: Any) -> Engineer:
    values: dict[str, Any] = {"name": "Park", "key": public_text(key), "classes": ["action"]}
    return Engineer(**values | {"not_after": "2027-01-01T00:00:00Z"} | change)


def the_actions(text: str = ACTIONS_YAML) -> tuple[str, Actions]:
    return hashlib.sha256(text.encode()).hexdigest(), read_actions(text.encode())


def a_vendor(*engineers: Engineer, text: str = ACTIONS_YAML, **change: Any) -> Vendor:
    roster = Roster(version=1, engineers=list(engineers) or [an_engineer()])
    return replace(Vendor(roster=roster, actions={PRODUCT: the_actions(text)}, is_expired=False), **change)


def a_request(**change: Any) -> ActionRequest:
    values: dict[str, Any] = {
        "id": "1" * 32,
        "site": SITE,
        "hosts": [HOST],
        "product": PRODUCT,
        "action": "restart-service",
        "actions_digest": the_actions()[0],
        "parameters": {"service": "web"},
        "reason": "the shop answers slowly",
        "ticket": "T-1",
    }
    return ActionRequest(**BASE | values | change)


def signed_request(*keys: Ed25519PrivateKey, **change: Any) -> Envelope:
    envelope = write_document(a_request(**change))
    for key in keys or (ENGINEER,):
        envelope = add_signature(envelope, key)
    return envelope


def signed_raw(payload: bytes, payload_type: str, *keys: Ed25519PrivateKey) -> Envelope:
    envelope = Envelope(payload_type, payload, [])
    for key in keys or (ENGINEER,):
        envelope = add_signature(envelope, key)
    return envelope


def the_policy(**change: Any) -> Policy:
    return a_policy(an_approver("Kim", KIM, passkey=PASSKEY), an_approver("Lee", LEE), **change)


@dataclass(frozen=True)
class Scene:
    """Everything that `judge` is given."""

    envelope: Envelope
    approvals: tuple[SignedApproval, ...]
    vendor: Vendor | None = field(default_factory=a_vendor)
    policy: Policy = field(default_factory=the_policy)
    place: Place = field(default_factory=lambda: Place(SITE, HOST, NOW))
    revoked: frozenset[str] = frozenset()
    declined: frozenset[str] = frozenset()
    uses: Mapping[str, int] = field(default_factory=dict)

    def judged(self, **change: Any) -> Permit | Refusal:
        scene = replace(self, **change)
        given = {name: getattr(scene, name) for name in ("place", "vendor", "policy", "revoked", "declined", "uses")}
        return judge(scene.envelope, scene.approvals, **given)

    def at(self, now: datetime) -> Permit | Refusal:
        return self.judged(place=replace(self.place, now=now))


def a_scene(**change: Any) -> Scene:
    """The permitted case: Park asks, Kim approves with a key file."""
    envelope = signed_request(**change)
    return Scene(envelope, (approve(envelope, "Kim", KIM),))


def payload_with(envelope: Envelope, **change: Any) -> bytes:
    """The payload with members replaced or added, as JSON."""
    return msgspec.json.encode(msgspec.json.decode(envelope.payload) | change)

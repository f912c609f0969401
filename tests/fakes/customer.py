"""A customer's side in memory: approvers with keys and passkeys, their policy, and what they sign."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from remediation.trust.assertion import SignedApproval
from remediation.trust.policy_file import Policy, read_policy
from tests.fakes.authenticator import Authenticator
from wire.documents.envelope import Envelope, add_signature
from wire.documents.model import Approval, write_document
from wire.keys import Ed25519PrivateKey, generate_key, public_text

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # a Tuesday, noon in Seoul
SITE, HOST = "seoul-hospital", "host-1"
BASE = {"made_at": NOW, "not_before": NOW - timedelta(hours=1), "not_after": NOW + timedelta(hours=1)}


def an_approver(
    name: str, *keys: Ed25519PrivateKey, passkey: Authenticator | None = None, **change: Any
) -> dict[str, Any]:
    """An approver as the policy file writes one."""
    entry: dict[str, Any] = {"name": name, "actions": ["*"], "risks": ["low", "medium", "high"]}
    if keys:
        entry["keys"] = [public_text(key) for key in keys]
    if passkey:
        entry["passkeys"] = [a_passkey(passkey)]
    return entry | change


def a_passkey(passkey: Authenticator) -> dict[str, str]:
    return {
        "credential_id": base64.b64encode(passkey.credential_id).decode(),
        "public_key": base64.b64encode(passkey.cose_key).decode(),
        "relying_party": passkey.relying_party,
        "origin": passkey.origin,
    }


def policy_text(*approvers: dict[str, Any], **change: Any) -> str:
    document = {"version": 1, "site": SITE, "zone": "Asia/Seoul", "approvers": list(approvers)} | change
    return str(yaml.safe_dump(json.loads(json.dumps(document)), sort_keys=False, allow_unicode=True))


def a_policy(*approvers: dict[str, Any], **change: Any) -> Policy:
    return read_policy(policy_text(*approvers, **change))


def an_approval(digest: str, approver: str, **change: Any) -> Approval:
    values: dict[str, Any] = {"id": "a" * 32, "site": SITE, "hosts": [HOST], "approves": digest, "approver": approver}
    return Approval(**BASE | values | change)


def approve(request: Envelope, approver: str, by: Ed25519PrivateKey | Authenticator, **change: Any) -> SignedApproval:
    """An approval of this request, signed."""
    unsigned = write_document(an_approval(request.digest, approver, **change))
    return by.approve(unsigned) if isinstance(by, Authenticator) else add_signature(unsigned, by)


def new_key() -> Ed25519PrivateKey:
    return generate_key()

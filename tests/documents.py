"""Documents and their signers, as tests need them: one argument more makes the odd one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.builders import NOW
from wire.documents.model import ActionRequest, Approval, Decline, Revocation
from wire.keys import Ed25519PrivateKey, key_id, public_bytes

KIM = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LEE = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
BOTH = {key_id(public_bytes(key)): key.public_key() for key in (KIM, LEE)}

BODY: dict[str, Any] = {
    "id": "ab" * 16,
    "site": "seoul",
    "hosts": ["cd" * 16],
    "made_at": NOW,
    "not_before": NOW,
    "not_after": NOW + timedelta(hours=4),
}


def a_request(**fields: Any) -> ActionRequest:
    """A request to restart a service."""
    return ActionRequest(
        **BODY
        | {
            "product": "his",
            "action": "restart-service",
            "actions_digest": "0f" * 32,
            "parameters": {"service": "his-billing"},
            "reason": "payments hang since 09:40",
            "ticket": "T-17",
        }
        | fields
    )


def an_approval(**fields: Any) -> Approval:
    """The customer says yes."""
    return Approval(**BODY | {"approves": "1e" * 32, "approver": "박 과장", "uses": 2} | fields)


def a_decline(**fields: Any) -> Decline:
    """The customer says no."""
    return Decline(**BODY | {"declines": "1e" * 32, "approver": "박 과장", "reason": "월말 마감 중"} | fields)


def a_revocation(**fields: Any) -> Revocation:
    """Somebody takes it back."""
    return Revocation(**BODY | {"revokes": "ab" * 16, "reason": "no longer needed"} | fields)

"""Who sends a request: the claim in its head, and whether the signature over the whole of it holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from collector.fleet.model import KnownAgent
from collector.fleet.registry import Registry
from collector.ingest.answers import Addressee, Refused
from wire.enrolment import ack_tag
from wire.errors import SignatureFault, SignatureRefused
from wire.signatures import Claim, Message, read_claim, verify


def claimant(registry: Registry, fields: Mapping[str, str]) -> tuple[Claim, KnownAgent]:
    """The claim, and the agent that it names; nothing of it is believed yet."""
    try:
        claim = read_claim(fields)
    except SignatureRefused as refused:
        raise unproven(refused) from refused
    agent = registry.known.agents.get(claim.key_id)
    if agent is None:
        raise Refused(401, SignatureFault.KEY, "no agent has this key")
    return claim, agent


def prove(claim: Claim, agent: KnownAgent, request: Message, *, digest: str, tag: str, now: datetime) -> None:
    """Refuse unless this agent has signed exactly this request for us, within five minutes of now.

    `digest` is the content-digest field as it came.
    """
    try:
        verify(claim, request, digest_header=digest, key=agent.key, tag=tag, now=now)
    except SignatureRefused as refused:
        raise unproven(refused, Addressee(ack_tag(agent.id), request.sequence)) from refused


def check_not_revoked(agent: KnownAgent) -> None:
    """An agent that was revoked is told so; the registry knows within a second."""
    if agent.revoked:
        raise Refused(403, "agent_revoked", "this agent was revoked; enrol again")


def unproven(refused: SignatureRefused, to: Addressee | None = None) -> Refused:
    """A signature that does not hold, as a refusal.

    Only a clock that is off is told with our signature (`to`): everything else may come from anybody.
    """
    return Refused(401, refused.reason, refused.detail, to=to if refused.reason is SignatureFault.CLOCK else None)

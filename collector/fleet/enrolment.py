"""The decision about one enrolment, in one transaction.

A token that is unknown, wrong or expired gets one and the same answer, so that nothing can be
learnt by trying. A right secret whose token was used before is told so, and opens a ticket at the
token's site: somebody holds a copy. One exception, so that a lost answer does not strand a host:
the very key that used the token may ask again until its agent has sent its first batch.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from collector.fleet import repository
from collector.fleet.model import KnownAgent, TokenRow
from collector.store.database import Connection
from collector.tickets.codebook import TOKEN_REUSED_CODE, TRUST_MODULE
from wire.catalogue.reading import HOST_PRODUCT, host_catalogue
from wire.enrolment import EnrolRequest, secret_hash
from wire.keys import key_id, load_public, public_bytes
from wire.messages import Event, TimeOrigin


class EnrolFault(StrEnum):
    """Why an enrolment is refused; the value crosses the wire."""

    REFUSED = "token_refused"
    USED = "token_used"
    KEY_ENROLLED = "key_enrolled"


@dataclass(frozen=True)
class Enrolment:
    """The outcome: an agent id and its site, or a fault; `reused_at` is the site to warn."""

    agent_id: str = ""
    site_id: str = ""
    fault: EnrolFault | None = None
    reused_at: str | None = None
    added: KnownAgent | None = None  # the agent that is new


def enrol(connection: Connection, request: EnrolRequest, *, new_secret: Callable[[], str], now: datetime) -> Enrolment:
    """Decide and write; the caller has checked that the sender holds the key."""
    token = repository.find_token(connection, request.token_id)
    if token is None or not hmac.compare_digest(token.secret_hash, secret_hash(request.secret)):
        repository.count_refusal(connection, request.token_id)
        return Enrolment(fault=EnrolFault.REFUSED)
    raw = public_bytes(load_public(request.public_key))
    owner = repository.agent_of_key(connection, key_id(raw))
    if token.used_at is not None:
        return _again(connection, token, owner)
    if owner is not None:
        return Enrolment(fault=EnrolFault.KEY_ENROLLED)
    agent_id = f"a{new_secret()[:16]}"
    if not repository.use_token(connection, token.id, agent_id=agent_id, now=now):
        repository.count_refusal(connection, token.id)
        return Enrolment(fault=EnrolFault.REFUSED)
    known = KnownAgent(agent_id, token.site_id, key_id(raw), load_public(raw), revoked=False)
    facts = {name: getattr(request, name).replace("\x00", "\ufffd") for name in ("hostname", "os", "agent_version")}
    repository.add_agent(connection, known=known, public_key=raw, facts=facts, now=now)
    return Enrolment(agent_id, token.site_id, added=known)


def _again(connection: Connection, token: TokenRow, owner: tuple[str, datetime | None] | None) -> Enrolment:
    if owner is not None and owner == (token.used_by, None):
        return Enrolment(owner[0], token.site_id)
    repository.count_refusal(connection, token.id)
    return Enrolment(fault=EnrolFault.USED, reused_at=token.site_id)


def reuse_event(token_id: str, *, event_id: str, now: datetime) -> Event:
    """What the collector records about a token that was used twice."""
    return collector_event(TRUST_MODULE, TOKEN_REUSED_CODE, {"token": token_id}, event_id=event_id, now=now)


def collector_event(module: str, code: str, identity: dict[str, str], *, event_id: str, now: datetime) -> Event:
    """An event that the collector itself noticed; the code stands in the built-in catalogue."""
    catalogue = host_catalogue()
    found = catalogue.find(module, code)
    return Event(
        event_id=event_id,
        product=HOST_PRODUCT,
        catalogue_version=catalogue.version,
        module=module,
        code=code,
        level=found.level if found else 4,
        occurred_at=now,
        occurred_from=TimeOrigin.READ,
        first_at=now,
        last_at=now,
        identity=identity,
    )

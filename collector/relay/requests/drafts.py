"""Drafts: what somebody would like to have asked for, until an engineer signs it at the desk.

A draft is a note. It becomes a request only when a document with the same id arrives here that an
engineer has signed; what that document says counts, whatever the draft said. The checks here spare
people a refusal later; they protect nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from collector.errors import CollectorError
from collector.relay.requests import repository, tracking
from collector.relay.requests.model import HOSTS_SHOWN, Asked, Choice, RequestRecord
from collector.relay.requests.offers import offered_actions
from collector.relay.requests.state import RequestState
from collector.store.database import Connection, Store
from collector.tickets.search import repository as tickets
from collector.tickets.search.model import TicketRecord
from remediation.trust.parameters import parameters_problem
from wire.sentence import sentence

DRAFT = timedelta(hours=24)  # then it is dropped: a fault of yesterday is looked at anew
DRAFTS = 20  # of one ticket that wait at the same time
REASON_CHARS = 500


class DraftRefused(CollectorError):
    """The draft cannot be kept so; the sentence says why."""


def choice_for(connection: Connection, ticket: TicketRecord, vendor: Path) -> Choice:
    """What may be asked for on this ticket; `vendor` is the folder in the published layout."""
    named = repository.hosts_of_ticket(connection, ticket.id)
    hosts = repository.hosts_of(connection, ticket.site_id, HOSTS_SHOWN)
    ordered = sorted(hosts.items(), key=lambda item: (item[0] not in named, item[1], item[0]))
    actions = offered_actions(vendor, ticket.product)
    return Choice(ticket.site_id, ticket.product, dict(ordered), frozenset(named & hosts.keys()), actions)


def add_draft(  # noqa: PLR0913  # what a form asks for
    store: Store,
    number: str,
    *,
    vendor: Path,
    action: str,
    parameters: Mapping[str, str],
    hosts: Sequence[str],
    reason: str,
    actor: str,
    new_secret: Callable[[], str],
    now: datetime,
) -> str:
    """Keep a draft on a ticket; its id. `DraftRefused` changes nothing."""
    words = reason.strip()
    if not 0 < len(words) <= REASON_CHARS:
        raise DraftRefused(sentence("a reason of 1 to {most} characters is needed", most=REASON_CHARS))
    with store.writing() as connection:
        ticket = tickets.find_ticket(connection, number)
        if ticket is None:
            raise DraftRefused(sentence("there is no ticket {number}", number=number))
        choice = choice_for(connection, ticket, vendor)
        _check(choice, action, parameters, hosts)
        if repository.count_drafts(connection, ticket.id) >= DRAFTS:
            raise DraftRefused(sentence("{most} drafts wait on this ticket already", most=DRAFTS))
        asked = Asked(
            product=choice.product, action=action, parameters=dict(parameters), reason=words, hosts=sorted(set(hosts))
        )
        record = RequestRecord(
            id=new_secret(),
            site=ticket.site_id,
            ticket_id=ticket.id,
            ticket=number,
            asked=asked,
            made_by=actor,
            made_at=now,
            not_after=now + DRAFT,
            digest=None,
        )
        repository.add_request(connection, record, RequestState.DRAFTED, now)
        tracking.tell(connection, record, actor=actor, state=RequestState.DRAFTED, now=now)
    return record.id


def discard(store: Store, number: str, draft: str, *, actor: str, now: datetime) -> None:
    """Drop a draft that nobody has signed."""
    with store.writing() as connection:
        record = repository.find_request(connection, draft)
        if record is None or record.ticket != number or not record.is_draft:
            raise DraftRefused(sentence("there is no such draft, or it was signed"))
        tracking.stop(connection, record, actor=actor, now=now)


def _check(choice: Choice, action: str, parameters: Mapping[str, str], hosts: Sequence[str]) -> None:
    offered = choice.actions.find(action) if choice.actions else None
    if offered is None:
        raise DraftRefused(sentence("the vendor offers no such action for {product}", product=choice.product))
    if not hosts or set(hosts) - choice.hosts.keys():
        raise DraftRefused(sentence("choose at least one host of this site"))
    problem = parameters_problem(offered, parameters)
    if problem:
        raise DraftRefused(sentence("the parameters do not fit: {problem}", problem=problem))

"""A wish and the vendor's verified actions -> a request, or what is wrong with the wish. Pure.

What decides what will run is taken from verified actions alone: the action by its name, its parameters
by their kinds, the digest of the file they stand in. A collector gives names of sites, hosts and products,
which are shown before anything is signed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from remediation.trust.parameters import parameters_problem
from remediation.trust.targets import Action, Actions
from wire.documents.model import ActionRequest, read_document, write_document
from wire.errors import Malformed
from wire.sentence import Sentence, sentence

LONGEST: Final = timedelta(days=30)
SHORTEST: Final = timedelta(minutes=1)
_SPAN: Final = re.compile(r"([1-9][0-9]{0,3})([mhd])")
_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


class WishRefused(Exception):
    """It cannot become a request; the sentence says why."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


@dataclass(frozen=True)
class Wish:
    """What somebody wants. `hosts` are agent ids."""

    site: str
    hosts: Sequence[str]
    product: str
    action: str
    parameters: Mapping[str, str]
    reason: str
    ticket: str = ""


def as_span(text: str) -> timedelta:
    """A length of time as typed.

    >>> as_span("2h")
    datetime.timedelta(seconds=7200)
    """
    found = _SPAN.fullmatch(text)
    span = int(found[1]) * _UNITS[found[2]] if found else timedelta()
    if not SHORTEST <= span <= LONGEST:
        raise WishRefused(sentence("{text} is no length of time such as 30m, 2h or 3d, up to 30d", text=text))
    return span


def as_parameters(pairs: Sequence[str]) -> dict[str, str]:
    """`name=value` as typed, each name once."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name or name in found:
            raise WishRefused(sentence("{pair} is no parameter NAME=VALUE, or stands twice", pair=pair))
        found[name] = value
    return found


def hosts_named(names: Sequence[str], known: Mapping[str, str], named: Sequence[str]) -> list[str]:
    """Agent ids for names as typed: ids, or host names of `known` (id -> host name).

    Without names: the hosts that the ticket speaks of, or the only one there is.
    """
    if not names:
        chosen = list(named) or list(known)
        if len(chosen) != 1 and not named:
            raise WishRefused(sentence("name the hosts with --host: {hosts}", hosts=", ".join(known.values())))
        return sorted(chosen)
    found = set()
    for name in names:
        ids = [id_ for id_, hostname in known.items() if name in (id_, hostname)]
        if len(ids) != 1:
            words = sentence("{name} is no host of this site, or more than one has the name", name=name)
            raise WishRefused(words)
        found.update(ids)
    return sorted(found)


def checked_action(wish: Wish, offered: Mapping[str, tuple[str, Actions]]) -> tuple[str, Action]:
    """The verified action that is wished, and the digest of its file; `offered` by product."""
    if wish.product not in offered:
        raise WishRefused(sentence("the vendor has signed no actions for {product}", product=wish.product))
    digest, actions = offered[wish.product]
    action = actions.find(wish.action)
    if action is None:
        names = ", ".join(each.name for each in actions.actions)
        raise WishRefused(sentence("{action} is no action of it; there are: {names}", action=wish.action, names=names))
    problem = parameters_problem(action, wish.parameters)
    if problem:
        raise WishRefused(sentence("the parameters do not fit: {problem}", problem=problem))
    return digest, action


def as_request(wish: Wish, digest: str, *, id_: str, now: datetime, span: timedelta) -> ActionRequest:
    """The unsigned request. A document that no host could read is refused here."""
    request = ActionRequest(
        id=id_,
        site=wish.site,
        hosts=sorted(set(wish.hosts)),
        made_at=now,
        not_before=now,
        not_after=now + span,
        product=wish.product,
        action=wish.action,
        actions_digest=digest,
        parameters=dict(wish.parameters),
        reason=wish.reason,
        ticket=wish.ticket,
    )
    try:
        read_document(write_document(request))
    except (Malformed, msgspec.ValidationError) as error:
        raise WishRefused(sentence("no server would read this request: {problem}", problem=str(error))) from error
    return request

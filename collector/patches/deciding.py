"""What a customer says about a patch, noted by whoever heard it: later, or no. All raise `TicketRefused`.

This approves nothing and makes nothing run: an approval is signed by the customer. While a site has put a patch
off, the codes that it cures are known errors there (R4d): they are counted and get no ticket of their own, up
to the level that breaks through a window. When the day comes or the decision is lifted, what still fires opens.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from msgspec.structs import replace

from collector.errors import TicketRefused
from collector.fleet.repository import find_site
from collector.patches import repository
from collector.patches.model import DEFER_MOST, REASON_CHARS, SAID_BY_CHARS, Decision, DecisionKind, Patch
from collector.settings.model import Rules
from collector.store.database import Connection, Store
from collector.tickets.codebook import Codebook
from collector.tickets.desk.desk import Desk
from collector.tickets.desk.person import Person, at_desk
from collector.tickets.desk.port import About
from collector.tickets.model import RULE, Hold
from wire.sentence import sentence

FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)
CHUNK = 50  # decisions in one transaction


def defer(person: Person, patch: Patch, site: str, *, until: datetime, reason: str, said_by: str) -> None:
    """The customer wants it later: not before `until`, at most a year from now."""
    if not person.now < until <= person.now + DEFER_MOST:
        raise TicketRefused(sentence("the day has to come, within {days} days", days=DEFER_MOST.days))
    _note(person, patch, site, DecisionKind.DEFERRED, until, reason, said_by)


def decline(person: Person, patch: Patch, site: str, *, reason: str, said_by: str) -> None:
    """The customer does not want it."""
    _note(person, patch, site, DecisionKind.DECLINED, None, reason, said_by)


def lift(person: Person, patch: Patch, site: str) -> None:
    """What the customer said counts no more."""
    with at_desk(person) as (connection, desk):
        found = repository.find_decision(connection, site, patch.product, patch.id)
        if found is None:
            raise TicketRefused(sentence("{site} has not put {patch} off", site=site, patch=patch.id))
        _end(connection, desk, found, patch, by=person.actor, now=person.now)


def lapse(store: Store, codebook: Codebook, rules: Rules, now: datetime) -> int:
    """Deferrals whose day has come; how many."""
    with store.reading() as connection:
        if not repository.lapsed_decisions(connection, now, 1):
            return 0
    with at_desk(Person(store, codebook, rules, RULE, now)) as (connection, desk):
        over = repository.lapsed_decisions(connection, now, CHUNK)
        for each in over:
            patch = repository.find_patch(connection, each.product, each.patch)
            _end(connection, desk, each, patch, by=RULE, now=now)
    return len(over)


def _note(
    person: Person, patch: Patch, site: str, kind: DecisionKind, until: datetime | None, reason: str, said_by: str
) -> None:
    reason, said_by = reason.strip(), said_by.strip()
    if not 0 < len(reason) <= REASON_CHARS:
        raise TicketRefused(sentence("a reason of 1 to {most} characters is needed", most=REASON_CHARS))
    if not 0 < len(said_by) <= SAID_BY_CHARS:
        raise TicketRefused(
            sentence("who of the customer said it, and how: 1 to {most} characters", most=SAID_BY_CHARS)
        )
    with at_desk(person) as (connection, desk):
        if find_site(connection, site) is None:
            raise TicketRefused(sentence("there is no site {site}", site=site))
        old = repository.find_decision(connection, site, patch.product, patch.id)
        if old is not None:
            repository.end_decision(connection, old.id, by=person.actor, now=person.now)
        repository.add_decision(
            connection, site_id=site, product=patch.product, patch=patch.id, kind=kind.value, until=until,
            reason=reason, said_by=said_by, made_by=person.actor, made_at=person.now,
        )  # fmt: skip
        _know(connection, desk, patch, site, person.now)
        _settle(connection, desk, site, patch, person.now)


def _end(
    connection: Connection, desk: Desk, decision: Decision, patch: Patch | None, *, by: str, now: datetime
) -> None:
    repository.end_decision(connection, decision.id, by=by, now=now)
    if patch is not None:
        _settle(connection, desk, decision.site, patch, now)


def _know(connection: Connection, desk: Desk, patch: Patch, site: str, now: datetime) -> None:
    """What is open there and would be cured is a known error from now on, with the version and the patch."""
    codes = {cure.code for cure in repository.cures(connection, patch) if cure.site == site}
    module, books = patch.manifest.module, desk.books
    for code in sorted(codes):
        desk.tidings.know_error(About("", site, module, code, "fault"), patch.manifest.to_version, now)
        kept = books.code(module, code)
        if kept.problem is not None:
            books.keep_code(module, code, replace(kept, problem=replace(kept.problem, patch=patch.id)))


def _settle(connection: Connection, desk: Desk, site: str, patch: Patch, now: datetime) -> None:
    """Until when each code of the patch is put off at the site, by whatever decisions count now."""
    module, books = patch.manifest.module, desk.books
    counting = [each for each in repository.decisions(connection) if each.site == site and each.is_in_force(now)]
    fixing = [(each, other) for each in counting if (other := _patch_of(connection, each)) is not None]
    for code in patch.manifest.fixes:
        kept = books.code(module, code)
        others = {name: until for name, until in kept.put_off.items() if name != site}
        until = _latest(
            each for each, other in fixing if other.manifest.module == module and code in other.manifest.fixes
        )
        put_off = others if until is None else {**others, site: until}
        if put_off != kept.put_off:
            books.keep_code(module, code, replace(kept, put_off=put_off))
    desk.release(site, Hold.KNOWN, now)


def _patch_of(connection: Connection, decision: Decision) -> Patch | None:
    return repository.find_patch(connection, decision.product, decision.patch)


def _latest(decisions: Iterable[Decision]) -> datetime | None:
    return max((each.until or FOR_EVER for each in decisions), default=None)

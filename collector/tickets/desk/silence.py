"""R11: hosts that are not heard any more, and the case that the fault is ours; pure over the desk.

A silent host is a fingerprint like any other: it fires when the host is missed and is ok when the host is
heard. While nobody at a site is heard, what fires there is held back. When many sites fall silent
within minutes, one internal ticket says so instead: no customer is told that the vendor's own line is down.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from collector.tickets.alert_state import AlertState
from collector.tickets.desk.desk import Desk
from collector.tickets.desk.model import (
    FLEET_MODULE,
    KIND_INTERNAL,
    KIND_SILENT,
    MASS_SILENCE_CODE,
    SILENT_CODE,
    SITE_MODULE,
    SiteAt,
)
from collector.tickets.desk.port import About
from collector.tickets.model import Hold, Signal
from wire.fingerprint import ticket_fingerprint

SILENT_LEVEL = 2
LEFT_SHARE = 0.1  # of all sites: when no more are still silent, the silence of many is over


@dataclass(frozen=True)
class Host:
    """One host that is watched; `name` is what its fingerprint calls it."""

    site: str
    name: str


def missed(desk: Desk, gone: Sequence[Host], at: datetime, tell: Callable[[Host], None] | None = None) -> None:
    """These have not been heard for too long; all that fell silent at the same time together.

    `tell` is how a single silence becomes a signal; the collector stores an event of its own for it.
    """
    books = desk.books
    for host in gone:
        site = books.site(host.site)
        hosts = books.host_count(host.site)
        desk.keep_site(host.site, replace(site, silent=(*site.silent, host.name), hosts=hosts), at)
    oldest = at - timedelta(seconds=desk.rules.silent_together_s)
    fleet = books.fleet()
    silent = tuple(each for each in fleet.silent if each.at > oldest)
    silent = (*silent, *(SiteAt(at, host.site) for host in gone))
    desk.keep_fleet(replace(fleet, silent=silent))
    if _is_mass(desk, len({each.site for each in silent})):
        _tell_mass(desk, [host.site for host in gone], at)
        return
    for host in gone:
        if tell is None:
            _tell(desk, host, at)
        else:
            tell(host)


def heard(desk: Desk, host: Host, at: datetime) -> None:
    """A host that was silent is heard again."""
    books = desk.books
    site = books.site(host.site)
    if host.name not in site.silent:
        return
    desk.keep_site(host.site, replace(site, silent=tuple(name for name in site.silent if name != host.name)), at)
    about = _about(host)
    alert = books.case(about.key).alert
    if alert is not None and alert.state is not AlertState.OK:
        desk.signal(about, Signal(False, SILENT_LEVEL, 1, at, at, clearable=True))  # noqa: FBT003
    fleet = books.fleet()
    desk.keep_fleet(replace(fleet, silent=tuple(each for each in fleet.silent if each.site != host.site)))
    if not books.site(host.site).is_silent:
        desk.release(host.site, Hold.SILENT, at)
    _end_mass(desk, at)


def _is_mass(desk: Desk, sites: int) -> bool:
    rules = desk.rules
    if desk.books.fleet().mass_silence is not None:
        return True
    return sites >= rules.silent_sites and sites > rules.silent_share * desk.books.site_count()


def _tell(desk: Desk, host: Host, at: datetime) -> None:
    desk.signal(_about(host), Signal(True, SILENT_LEVEL, 1, at, at, clearable=True, immediate=True))  # noqa: FBT003


def _tell_mass(desk: Desk, sites: Sequence[str], at: datetime) -> None:
    """One ticket of our own; those that opened just before become its children."""
    books = desk.books
    fleet = books.fleet()
    key = fleet.mass_silence or ticket_fingerprint("", FLEET_MODULE, MASS_SILENCE_CODE, {"since": at.isoformat()})
    about = About(key, "", FLEET_MODULE, MASS_SILENCE_CODE, KIND_INTERNAL)
    signal = Signal(True, SILENT_LEVEL, len(sites), at, at, clearable=True, immediate=True)  # noqa: FBT003
    ticket = desk.signal(about, signal).case.ticket
    desk.keep_fleet(replace(books.fleet(), mass_silence=key))
    for each in fleet.silent:
        for host in books.site(each.site).silent:
            live = books.case(_about(Host(each.site, host)).key).live
            if live is not None and live.id is not None and ticket is not None:
                books.adopt(live.id, parent=ticket.id)


def _end_mass(desk: Desk, at: datetime) -> None:
    """When few enough are silent, the fault is no longer ours: who is still silent gets a ticket."""
    books = desk.books
    fleet = books.fleet()
    if fleet.mass_silence is None:
        return
    silent = sorted({each.site for each in fleet.silent})
    if len(silent) > max(1, LEFT_SHARE * books.site_count()):
        return
    desk.keep_fleet(replace(fleet, mass_silence=None))
    desk.signal(books.about(fleet.mass_silence), Signal(False, SILENT_LEVEL, 1, at, at, clearable=True))  # noqa: FBT003
    for site in silent:
        for name in books.site(site).silent:
            _tell(desk, Host(site, name), at)


def _about(host: Host) -> About:
    key = ticket_fingerprint(host.site, SITE_MODULE, SILENT_CODE, {"host": host.name})
    return About(key, host.site, SITE_MODULE, SILENT_CODE, KIND_SILENT)

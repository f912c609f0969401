"""R5: many different faults at one site within minutes are one storm; pure.

A storm begins with the n-th fingerprint that is new within the window. It takes in what still waits for
its open delay and everything new while it lasts; tickets that opened within the window become its
children. It is over when hardly anything new comes, and frozen after some hours: what comes then is
another storm. Members are counted on its ticket until they are ok.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from collector.settings.model import Rules
from collector.tickets.desk.model import RECENT_MAX, New, Site, Storm


def with_new(site: Site, key: str, at: datetime, rules: Rules) -> Site:
    """The site with a fingerprint that has just become pending or firing."""
    oldest = at - timedelta(seconds=rules.storm_window_s)
    recent = [new for new in site.recent if new.at > oldest and new.key != key][-RECENT_MAX:]
    storm = site.storm
    if storm is not None:
        newest = (*storm.newest, at)[-rules.storm_calm_fingerprints :]
        storm = replace(storm, newest=newest)
    return replace(site, recent=(*recent, New(at, key)), storm=storm)


def is_storm_due(site: Site, rules: Rules) -> bool:
    """Whether a storm begins now."""
    return site.storm is None and len(site.recent) >= rules.storm_fingerprints


def begun(site: Site, key: str, ticket: int, at: datetime, rules: Rules) -> Site:
    """The site with its storm."""
    newest = tuple(new.at for new in site.recent[-rules.storm_calm_fingerprints :])
    digest_at = at + timedelta(seconds=rules.storm_digest_s)
    storm = Storm(key, ticket, at, newest, digest_at)
    return replace(site, storm=storm)


def over_at(storm: Storm, rules: Rules) -> datetime:
    """When it ends if nothing new comes: too little in the calm time, or too old."""
    frozen = storm.started_at + timedelta(seconds=rules.storm_frozen_s)
    return min(frozen, storm.newest[0] + timedelta(seconds=rules.storm_calm_s))


def site_due(site: Site, now: datetime, rules: Rules) -> datetime | None:
    """When time changes something about the site: a storm's end or digest, a window's end."""
    times = [window.until for window in site.windows]
    if site.storm is not None:
        times += [over_at(site.storm, rules), site.storm.digest_at]
    return min((max(time, now) for time in times), default=None)

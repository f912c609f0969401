"""What people hold back, and what they let go of: windows, silences, members of a storm; pure over the desk."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from collector.tickets.alert_state import AlertState
from collector.tickets.desk.desk import Desk
from collector.tickets.desk.model import Silence
from collector.tickets.model import HOSTING, Hold
from collector.tickets.policy import on_promotion


def remove_window(desk: Desk, site: str, window_id: int, at: datetime) -> bool:
    """A window ends before its time: what still fires opens now. Whether there was one."""
    kept = desk.books.site(site)
    left = tuple(window for window in kept.windows if window.id != window_id)
    if left == kept.windows:
        return False
    desk.keep_site(site, replace(kept, windows=left), at)
    desk.release(site, Hold.WINDOW, at)
    return True


def add_silence(desk: Desk, silence: Silence) -> None:
    """A person holds something back until an instant. What has a ticket keeps it."""
    fleet = desk.books.fleet()
    desk.keep_fleet(replace(fleet, silences=(*fleet.silences, silence)))


def remove_silence(desk: Desk, silence_id: int, at: datetime) -> bool:
    """A silence ends before its time: what still fires opens now. Whether there was one."""
    fleet = desk.books.fleet()
    left = tuple(silence for silence in fleet.silences if silence.id != silence_id)
    if left == fleet.silences:
        return False
    desk.keep_fleet(replace(fleet, silences=left))
    desk.pass_fleet(at)
    return True


def promote(desk: Desk, key: str, at: datetime) -> bool:
    """A fault that is held back gets a ticket of its own, whatever holds it. Whether there was one to promote."""
    before = desk.books.case(key)
    alert = before.alert
    if alert is None or alert.hold is None or alert.state is not AlertState.FIRING:
        return False
    about = desk.books.about(key)
    desk.follow(about, before, on_promotion(before, desk.rules, at), at)
    if alert.hold in HOSTING and alert.host is not None:
        desk.leave_host(about, alert.host, at)
    return True


def split(desk: Desk, site: str, storm: str, at: datetime) -> int:
    """Every member of a storm that still fires gets a ticket of its own; how many."""
    members = sorted(desk.books.site(site).hosted.get(storm, ()))
    return sum(promote(desk, key, at) for key in members)

"""The end of a run: why it ends, told to the spool, and sent as long as the moment lasts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from agent.health.host import read_boot
from agent.health.message_bus import SYSTEM_BUS, BusRefused, Job, MessageBus
from agent.spool.port import Deposit, SpoolFull
from agent.spool.spool import Spool
from agent.uplink.delivery import Luck
from wire.lives import Ending, EndingCause

MOMENT_S: Final = 2.0
BUS_S: Final = 1.0  # a host that goes down waits for nobody
_GOING_DOWN: Final = {
    "reboot.target": EndingCause.REBOOT,
    "kexec.target": EndingCause.REBOOT,
    "soft-reboot.target": EndingCause.REBOOT,
    "poweroff.target": EndingCause.SHUTDOWN,
    "halt.target": EndingCause.SHUTDOWN,
    "shutdown.target": EndingCause.SHUTDOWN,
}

_log = logging.getLogger("sitewarden")


def ask_systemd(bus_path: Path = SYSTEM_BUS) -> Sequence[Job]:
    """What systemd is about to start or stop; nothing where there is no systemd."""
    try:
        with MessageBus(bus_path, BUS_S) as bus:
            return bus.jobs()
    except (OSError, BusRefused) as problem:
        _log.info("systemd does not say why the agent ends: %s", problem)
        return ()


def cause_of(jobs: Sequence[Job]) -> EndingCause:
    """Whether the host goes down, or the agent alone.

    >>> cause_of([Job("shutdown.target", "start"), Job("reboot.target", "start")]).value
    'reboot'
    >>> cause_of([Job("sitewarden-agent.service", "stop")]).value
    'stopped'
    """
    begun = {_GOING_DOWN[job.unit] for job in jobs if job.kind == "start" and job.unit in _GOING_DOWN}
    for cause in (EndingCause.REBOOT, EndingCause.SHUTDOWN):
        if cause in begun:
            return cause
    return EndingCause.STOPPED


def say_last_words(
    spool: Spool, turn: Callable[[], float], luck: Luck, ask: Callable[[], Sequence[Job]] = ask_systemd
) -> None:
    """Deposit why the run ends; then send what waits, as long as the collector takes it and the moment lasts."""
    cause, boot_id = cause_of(ask()), read_boot()[0]
    ending = Ending(at=luck.now(), boot_id=boot_id, session=spool.place.session, cause=cause)
    try:
        spool.deposit(Deposit(ending=ending))
    except SpoolFull:
        _log.warning("the last words were not stored, the spool has no room")
    end = luck.monotonic() + MOMENT_S
    while spool.due_in_s() is not None and luck.monotonic() < end:
        try:
            wait_s = turn()
        except SpoolFull:
            return
        if wait_s > MOMENT_S / 2:
            return

"""Builds the running agent from its parts; the only file that reads the clock or makes randomness.

The main thread waits for signals, looks after the settings and writes the status. SIGTERM and SIGINT
end the loops in order: logs, health, then the uplink, which gets a moment to send what waits. What it
does not send stands in the spool. SIGHUP reads the settings again.
"""

from __future__ import annotations

import logging
import os
import random
import secrets
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Final

from agent.durable import LOCK_NAME, locked, make_private_folder
from agent.log import set_up_log
from agent.monitor import Monitor
from agent.redaction.key import keep_key
from agent.settings.model import Settings
from agent.settings.reading import Loaded
from agent.settings.watch import SettingsWatch
from agent.spool import open_spool
from agent.spool.model import Means
from agent.uplink.client import Client
from agent.uplink.delivery import Luck
from agent.uplink.port import HeldTransport, Transport
from remediation.executor.client import ExecutorClient
from wire.waiting import LONGEST_S

TICK_S: Final = 2.0  # a new settings file waits so long; SIGHUP does not
WAIT_MARGIN_S: Final = 15.0  # after the time that was asked for, before a wait counts as lost


def now() -> datetime:
    """The wall clock, UTC."""
    return datetime.now(UTC)


def new_nonce() -> str:
    """128 random bits as 22 characters of base64url."""
    return secrets.token_urlsafe(16)


def new_document_id() -> str:
    """128 random bits, 32 hexadecimal digits."""
    return secrets.token_hex(16)


def new_redaction_key(size: int) -> bytes:
    """So many random bytes."""
    return secrets.token_bytes(size)


def executor_client(socket: Path) -> ExecutorClient:
    """Asks the executor that serves this socket."""
    return ExecutorClient(socket, time.monotonic)


def connect(settings: Settings) -> Transport:
    """The way to the collector that these settings name."""
    ca_file = Path(settings.ca_file) if settings.ca_file else None
    return Client(settings.collector, ca_file=ca_file, proxy=settings.proxy)


def connect_to_wait(settings: Settings) -> HeldTransport:
    """The same for answers that take their time. A broken wait is not repeated: that it broke is what we learn."""
    ca_file = Path(settings.ca_file) if settings.ca_file else None
    deadline_s = LONGEST_S + WAIT_MARGIN_S
    return Client(
        settings.collector,
        ca_file=ca_file,
        proxy=settings.proxy,
        deadline_s=deadline_s,
        read_s=deadline_s,
        repeats=False,
    )


def luck() -> Luck:
    """The real clock and real randomness."""
    chance = random.Random()  # noqa: S311  # jitter, no secret
    return Luck(now=now, monotonic=time.monotonic, chance=chance.random, nonce=new_nonce)


def run_agent(path: Path, loaded: Loaded, *, log_level: str) -> None:
    """Run until SIGTERM or SIGINT. Raises `Occupied` and `SpoolRefused` before anything is started."""
    state = Path(loaded.settings.state)
    make_private_folder(state)
    log = set_up_log(log_level, monotonic=time.monotonic)
    with locked(state / LOCK_NAME):
        means = Means(now=now, monotonic=time.monotonic, new_epoch=lambda: secrets.token_hex(8))
        spool = open_spool(state, loaded.settings.spool, means)
        try:
            watch = SettingsWatch(path, loaded)
            key = keep_key(state, new_redaction_key)
            monitor = Monitor(
                watch,
                spool,
                luck(),
                connect=connect,
                connect_to_wait=connect_to_wait,
                pid=os.getpid(),
                redaction_key=key,
            )
            _run(monitor, log)
        finally:
            spool.close()


def _run(monitor: Monitor, log: logging.Logger) -> None:
    wake, stop, reload = threading.Event(), threading.Event(), threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the shape of a signal handler
        (reload if number == signal.SIGHUP else stop).set()
        wake.set()

    previous = _install(on_signal)
    try:
        monitor.start()
        log.info("watching %d sources; process %d", monitor.source_count, os.getpid())
        while not stop.is_set():
            wake.wait(TICK_S)
            wake.clear()
            monitor.tick(force_reload=reload.is_set())
            reload.clear()
    finally:
        monitor.stop()
        for number, handler in previous.items():
            signal.signal(number, handler)
    log.info("stopped")


def _install(on_signal: Callable[[int, FrameType | None], None]) -> dict[signal.Signals, signal._HANDLER]:
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    return {number: signal.signal(number, on_signal) or signal.SIG_DFL for number in numbers}

"""Builds the executor from its parts and runs it in the foreground; reads the clock for all of them.

One code path for every way of starting it: by the service manager's socket as root, or by hand as
anybody. What differs is who the process is, and `status` says so (`isolation`).
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Final

from remediation.durable import PRIVATE_FILE, PRIVATE_FOLDER
from remediation.executor.bundles import FOLDER_NAME, Bundles
from remediation.executor.executor import Executor, Parts
from remediation.executor.journal import Journal
from remediation.executor.runner import SystemRunner
from remediation.executor.server import Manners, Server, own_listener, passed_listener
from remediation.executor.sources import AUDIT, VENDOR, FolderSources
from remediation.trust.ledger import Ledger
from remediation.trust.published import folder_fetcher
from remediation.trust.vendor import VendorRepository

LOCK_NAME: Final = "executor.lock"

_log = logging.getLogger("sitewarden")


class Occupied(Exception):
    """Another executor runs on this folder."""


@dataclass(frozen=True)
class Setting:
    """Where the executor lives and whom it serves. `inbox` is the folder that the agent fills."""

    folder: Path
    socket: Path
    inbox: Path
    uids: frozenset[int]
    idle_s: float


def now() -> datetime:
    """The wall clock, UTC."""
    return datetime.now(UTC)


def run_executor(setting: Setting) -> None:
    """Serve until SIGTERM or SIGINT, or until idle. `Occupied` if the folder has an executor already."""
    os.umask(0o077)
    setting.folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    lock = os.open(setting.folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        _hold(lock, setting.folder)
        _serve(setting)
    finally:
        os.close(lock)


def _hold(lock: int, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Occupied(str(folder)) from error


def _serve(setting: Setting) -> None:
    passed = passed_listener(dict(os.environ), os.getpid())
    executor = Executor(_parts(setting))
    listener = passed or own_listener(setting.socket)
    manners = Manners(setting.uids | {0, os.geteuid()}, idle_s=setting.idle_s)
    server = Server(listener, executor, manners, time.monotonic)
    restore = _on_signals((signal.SIGTERM, signal.SIGINT), server.stop)
    try:
        _log.info("executor: process %d, user %d, folder %s", os.getpid(), os.geteuid(), setting.folder)
        server.serve()
    finally:
        restore()
        server.close()
        if passed is None:
            setting.socket.unlink(missing_ok=True)


def _parts(setting: Setting) -> Parts:
    repository = VendorRepository(setting.folder / VENDOR, folder_fetcher(setting.inbox))
    runner = SystemRunner(time.monotonic)
    bundles = Bundles(setting.folder / FOLDER_NAME, runner, time.monotonic)
    bundles.clear()
    return Parts(
        sources=FolderSources(setting.folder, repository),
        ledger=Ledger(setting.folder),
        journal=Journal(setting.folder / AUDIT, now),
        runner=runner,
        now=now,
        pid=os.getpid(),
        uid=os.geteuid(),
        bundles=bundles,
        served=setting.uids,
    )


def _on_signals(numbers: Iterable[signal.Signals], act: Callable[[], None]) -> Callable[[], None]:
    def on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the shape of a signal handler
        act()

    previous = {number: signal.signal(number, on_signal) for number in numbers}

    def restore() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    return restore

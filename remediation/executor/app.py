"""Builds the executor from its parts and runs it in the foreground; reads the clock for all of them.

One code path for every way of starting it: by the service manager's socket as root, or by hand as
anybody. What differs is who the process is, and `status` says so (`isolation`).
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Final

from remediation.audit.chain import AuditChain
from remediation.backup.programs import Programs
from remediation.durable import PRIVATE_FILE, PRIVATE_FOLDER
from remediation.executor.bundles import FOLDER_NAME, Bundles
from remediation.executor.executor import Executor, Parts
from remediation.executor.journal import Journal
from remediation.executor.patches.door import PatchDoor
from remediation.executor.patches.hosting import Hosting
from remediation.executor.patches.jobs import FOLDER_NAME as FOLDER_OF_PATCHES
from remediation.executor.patches.jobs import Jobs
from remediation.executor.patches.own_backup import BackupCall
from remediation.executor.patches.running import Running, recover_all
from remediation.executor.runner import SystemRunner
from remediation.executor.server import Manners, Server, own_listener, passed_listener
from remediation.executor.sources import AUDIT, VENDOR, FolderSources
from remediation.patch.errors import PatchRefused
from remediation.patch.gate.counts import FILE_NAME as COUNTS_NAME
from remediation.patch.services.services import Means
from remediation.repair.actions import Program
from remediation.trust.ledger import Ledger
from remediation.trust.published import folder_fetcher
from remediation.trust.vendor import VendorRepository

LOCK_NAME: Final = "executor.lock"
PATCH_START_S: Final = 30.0  # for the service manager
PATCH_START_BYTES: Final = 4_000

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
    patch_start: tuple[str, ...] = ()  # the argument list that begins a job, without its digest at the end
    is_patch_apart: bool = False  # that program stays; else it hands on to the service manager and ends
    agent_version: str = ""
    backup: BackupCall | None = None  # how this host is backed up before a patch
    payloads: Path | None = None  # where the agent lays files of patches


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
    if setting.is_patch_apart:
        _recover_patches(setting)
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
    journal = Journal(setting.folder / AUDIT, now)
    sources, ledger = FolderSources(setting.folder, repository), Ledger(setting.folder)
    jobs = Jobs(setting.folder, setting.payloads)
    hosting = Hosting(jobs, setting.folder, _means(), sources.policy, now, setting.backup)
    patches = PatchDoor(
        jobs,
        journal,
        ledger,
        sources.policy,
        start=_patch_starter(setting, runner),
        now=now,
        agent_version=setting.agent_version,
        why_not_ready=partial(hosting.why_not_ready, ask_databases=False),
    )
    return Parts(
        sources=sources,
        ledger=ledger,
        journal=journal,
        runner=runner,
        now=now,
        pid=os.getpid(),
        uid=os.geteuid(),
        bundles=bundles,
        served=setting.uids,
        patches=patches,
    )


def _recover_patches(setting: Setting) -> None:
    """Without a service manager nobody else does it: what was cut off comes to its end before anything is served."""
    if not (setting.folder / FOLDER_OF_PATCHES).exists():
        return
    try:
        with patch_running(setting.folder, setting.inbox, setting.backup) as parts:
            for result in recover_all(parts):
                _log.warning("a patch was cut off; now it is %s", result.step)
    except PatchRefused as refused:  # one is being applied right now
        _log.info("%s", refused)


def _patch_starter(setting: Setting, runner: SystemRunner) -> Callable[[str], str]:
    def start(digest: str) -> str:
        if not setting.patch_start:
            return "nothing on this host can apply a patch"
        argv = (*setting.patch_start[:-1], setting.patch_start[-1].replace("%", digest))
        if setting.is_patch_apart:
            return runner.start_apart(argv)
        ran = runner.run(Program(argv, PATCH_START_S, PATCH_START_BYTES))
        return "" if ran.is_success else ran.problem or ran.output.decode("utf-8", "replace")

    return start


def sources_of(folder: Path, inbox: Path) -> FolderSources:
    """What decisions on this host stand on; `inbox` is what the agent fetched of the vendor."""
    return FolderSources(folder, VendorRepository(folder / VENDOR, folder_fetcher(inbox)))


def hosting_of(folder: Path, inbox: Path, backup: BackupCall | None, *, is_boot: bool = False) -> Hosting:
    """What patches may use on this host. `inbox`: the agent's folder of metadata, beside its file of known errors."""
    policy, counts = sources_of(folder, inbox).policy, inbox.parent / COUNTS_NAME
    return Hosting(Jobs(folder), folder, _means(), policy, now, backup, is_boot, counts)


@contextlib.contextmanager
def patch_running(folder: Path, inbox: Path, backup: BackupCall | None, *, is_boot: bool = False) -> Iterator[Running]:
    """What the process of a patch is made of, on this host. `ChainBroken`, `LedgerBroken`."""
    sources, hosting = sources_of(folder, inbox), hosting_of(folder, inbox, backup, is_boot=is_boot)
    chain = AuditChain(folder / AUDIT, now)
    try:
        yield Running(hosting.jobs, sources, Ledger(folder), chain, now, hosting.host_of)
    finally:
        chain.close()


def _means() -> Means:
    return Means(Programs(time.monotonic), time.monotonic, time.sleep)


def _on_signals(numbers: Iterable[signal.Signals], act: Callable[[], None]) -> Callable[[], None]:
    def on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the shape of a signal handler
        act()

    previous = {number: signal.signal(number, on_signal) for number in numbers}

    def restore() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    return restore

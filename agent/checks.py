"""What `check` looks at: each finding is a fact, and where it is bad, what to do about it."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from agent.durable import LOCK_NAME, lock_holder
from agent.health.trying import try_probes
from agent.logs.journalctl import PROGRAM as JOURNALCTL
from agent.logs.opening import NotReadable, open_log
from agent.logs.paths import find_files
from agent.settings.address import is_plain
from agent.settings.model import Settings, Source
from agent.settings.reading import Loaded, SettingsUnreadable, read_settings
from agent.uplink.identity import FILE_NAME, IdentityBroken, read_identity
from agent.uplink.port import Transport, Unreachable
from wire.errors import TextRefused
from wire.limits import SIGNATURE_AGE_S
from wire.sentence import Sentence, sentence

HEALTH_PATH: Final = "/healthz"
OK: Final = 200


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    is_well: bool
    what: Sentence


def _well(what: Sentence) -> Finding:
    return Finding(is_well=True, what=what)


def _bad(what: Sentence) -> Finding:
    return Finding(is_well=False, what=what)


def check_settings(path: Path) -> tuple[Loaded | None, list[Finding]]:
    """The settings, if they can be used at all, and what is wrong with them."""
    try:
        loaded = read_settings(path, catalogues_needed=False)
    except SettingsUnreadable as unreadable:
        return None, [_bad(unreadable.why)]
    except TextRefused as refused:
        faults = refused.faults
    else:
        faults = loaded.warnings
        if not faults:
            return loaded, [_well(sentence("settings: {path}", path=path))]
        findings = [_bad(sentence("{path}:{line}:{column}: {problem}", path=path, **vars(fault))) for fault in faults]
        return loaded, findings
    return None, [_bad(sentence("{path}:{line}:{column}: {problem}", path=path, **vars(fault))) for fault in faults]


def check_state(settings: Settings) -> list[Finding]:
    """The state folder: there, private, writable, with room; the identity; whether the agent runs."""
    folder = Path(settings.state)
    try:
        mode = folder.stat().st_mode
    except FileNotFoundError:
        return [_bad(sentence("state folder: {path} does not exist; `enrol` and `run` make it", path=folder))]
    except OSError as error:
        return [_bad(sentence("state folder: {path}: {problem}", path=folder, problem=error.strerror))]
    return [*_check_folder(folder, mode, settings), *_check_identity(folder), *_check_running(folder)]


def _check_folder(folder: Path, mode: int, settings: Settings) -> Iterator[Finding]:
    if not stat.S_ISDIR(mode) or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield _bad(
            sentence("state folder: {path} cannot be written by this user; run `check` as the agent's", path=folder)
        )
        return
    if mode & 0o077:
        yield _bad(sentence("state folder: others may read {path}; run: chmod 700 {path}", path=folder))
    else:
        yield _well(sentence("state folder: {path}", path=folder))
    free = shutil.disk_usage(folder).free
    used = sum(item.stat().st_size for item in folder.iterdir() if item.is_file())
    if free + used < settings.spool.max_bytes:
        yield _bad(
            sentence(
                "spool: {path} has {free} MB free, the settings allow {limit} MB; make room or lower spool.max_bytes",
                path=folder,
                free=free // 1_000_000,
                limit=settings.spool.max_bytes // 1_000_000,
            )
        )


def _check_identity(folder: Path) -> Iterator[Finding]:
    try:
        identity = read_identity(folder)
    except IdentityBroken as broken:
        yield _bad(sentence("identity: {problem}; enrol again with --force", problem=str(broken)))
        return
    if identity is None:
        yield _bad(
            sentence("identity: not enrolled; ask the vendor for a token and run `sitewarden-agent enrol TOKEN`")
        )
        return
    path = folder / FILE_NAME
    if path.stat().st_mode & 0o077:
        yield _bad(sentence("identity: others may read the private key in {path}; run: chmod 600 {path}", path=path))
    else:
        yield _well(sentence("identity: {agent} at {site}", agent=identity.agent, site=identity.site))


def _check_running(folder: Path) -> Iterator[Finding]:
    lock = folder / LOCK_NAME
    pid = lock_holder(lock) if lock.exists() else None
    if pid:
        yield _well(sentence("agent: runs as process {pid}", pid=pid))
    else:
        yield _well(sentence("agent: does not run now"))


def check_files(settings: Settings) -> list[Finding]:
    """Each source's files: there, regular, readable."""
    return [finding for source in settings.sources for finding in _check_source(source)]


def _check_source(source: Source) -> Iterator[Finding]:
    if source.journal is not None:
        yield _check_journal(source)
        return
    found = find_files(source.path)
    for path, problem in found.problems.items():
        yield _bad(sentence("log {name}: {path}: {problem}", name=source.name, path=path, problem=problem))
    if not found.files and not found.problems:
        yield _bad(sentence("log {name}: nothing matches {path}; check the path", name=source.name, path=source.path))
    for path in found.files.values():
        try:
            os.close(open_log(path))
        except (NotReadable, OSError) as error:
            words = error.why if isinstance(error, NotReadable) else error.strerror
            yield _bad(
                sentence(
                    "log {name}: {path}: {problem}; give the agent's user the right to read it",
                    name=source.name,
                    path=path,
                    problem=words,
                )
            )
        else:
            yield _well(sentence("log {name}: {path}", name=source.name, path=path))


def _check_journal(source: Source) -> Finding:
    if os.access(JOURNALCTL, os.X_OK):
        return _well(sentence("log {name}: the journal", name=source.name))
    return _bad(sentence("log {name}: there is no {program} on this host", name=source.name, program=JOURNALCTL))


def check_probes(loaded: Loaded, now: Callable[[], datetime], monotonic: Callable[[], float]) -> list[Finding]:
    """Every probe of the settings, read once."""
    return [Finding(tried.is_well, tried.what) for tried in try_probes(loaded, now(), monotonic)]


def check_network(
    settings: Settings, connect: Callable[[Settings], Transport], now: Callable[[], datetime]
) -> list[Finding]:
    """One plain question to the collector: name, connection, certificate, and both clocks."""
    address = settings.collector
    try:
        with closing(connect(settings)) as transport:
            answer = transport.get(HEALTH_PATH)
    except Unreachable as failure:
        return [_bad(sentence("collector {address}: {problem}", address=address, problem=failure.why))]
    if answer.status != OK:
        words = sentence(
            "collector {address}: something answers {status}; check the address and the proxy",
            address=address,
            status=answer.status,
        )
        return [_bad(words)]
    if is_plain(address):
        reached = sentence("collector {address} answers (plain HTTP, this machine alone)", address=address)
    else:
        reached = sentence("collector {address} answers, its certificate is trusted", address=urlsplit(address).netloc)
    return [_well(reached), *_check_clock(answer.headers.get("date", ""), now())]


def _check_clock(date: str, here: datetime) -> Iterator[Finding]:
    try:
        seconds = round((parsedate_to_datetime(date) - here).total_seconds())
    except (ValueError, TypeError):
        return
    if abs(seconds) > SIGNATURE_AGE_S / 2:
        yield _bad(
            sentence(
                "clock: {seconds} s off from the collector's; the agent copes, but set it (for example with chrony)",
                seconds=seconds,
            )
        )
    else:
        yield _well(sentence("clock: {seconds} s from the collector's", seconds=seconds))

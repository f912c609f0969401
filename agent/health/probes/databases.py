"""What is asked of every database server, and what its answers mean."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from agent.health.probe import ProbeFailed, Reading, reading_of
from agent.health.thresholds import Bounds
from agent.settings.probes import DatabaseCheck

CREDENTIALS_BYTES = 4_096


@dataclass(frozen=True)
class Answers:
    """What a server said; None where it has no such thing, or does not tell this user."""

    connections: int
    connections_max: int
    lag_s: float | None = None
    transaction_s: float | None = None
    size_bytes: int | None = None
    replication: str = ""  # what is wrong with it


class Unanswered(Exception):
    """The server could not be asked; the text is the driver's."""


@dataclass(frozen=True)
class Login:
    """A user and a password; both empty where the settings name no file."""

    user: str = ""
    password: str = ""


Ask = Callable[[DatabaseCheck, Login], Answers]


class Database:
    """The readings of one server: it answers, how far its replica is behind, its oldest transaction, its room."""

    def __init__(self, kind: str, settings: DatabaseCheck, ask: Ask) -> None:
        self.name = f"{kind} {settings.name}"
        self.interval_s = settings.interval_s
        self._settings = settings
        self._ask = ask

    def read(self, now: datetime) -> Iterator[Reading]:  # noqa: ARG002  # the shape of a probe
        """Connect anew each time: that it can be connected to is what is asked first."""
        name = self._settings.name
        login = read_login(self._settings.credentials)
        try:
            answers = self._ask(self._settings, login)
        except Unanswered as unanswered:
            yield reading_of("HOST-DBS-0001", name, is_bad=True, text=f"{self.name}: {str(unanswered)[:300]}")
            return
        yield reading_of("HOST-DBS-0001", name, is_bad=False, text=f"{self.name} answers")
        yield from self._replication(answers)
        yield from self._room(answers)

    def _replication(self, answers: Answers) -> Iterator[Reading]:
        settings = self._settings
        if answers.replication:
            lag = Bounds(settings.lag_s, settings.lag_s * 0.8)
            text = f"{self.name}: {answers.replication}"
            yield Reading("HOST-DBS-0002", settings.name, max(settings.lag_s, answers.lag_s or 0), "s", lag, text)
        elif answers.lag_s is not None:
            lag = Bounds(settings.lag_s, settings.lag_s * 0.8, settings.interval_s)
            text = f"{self.name} is {answers.lag_s:.0f} s behind its primary"
            yield Reading("HOST-DBS-0002", settings.name, answers.lag_s, "s", lag, text)
        if answers.transaction_s is not None:
            old = Bounds(settings.transaction_s, settings.transaction_s * 0.8)
            text = f"{self.name}: the oldest transaction has been open for {answers.transaction_s:.0f} s"
            yield Reading("HOST-DBS-0003", settings.name, answers.transaction_s, "s", old, text)

    def _room(self, answers: Answers) -> Iterator[Reading]:
        settings = self._settings
        if answers.connections_max:
            share = 100 * answers.connections / answers.connections_max
            full = Bounds(settings.connections_percent, settings.connections_percent * 0.9, settings.interval_s)
            text = f"{self.name}: {answers.connections} of {answers.connections_max} connections are in use"
            code = "HOST-DBS-0004"
            yield Reading(code, settings.name, share, "percent", full, text, forecast="HOST-DBS-FORECAST")
        if settings.size_bytes and answers.size_bytes is not None:
            large = Bounds(settings.size_bytes, settings.size_bytes * 0.98)
            text = f"{self.name}: {answers.size_bytes} bytes"
            yield Reading("HOST-DBS-0005", settings.name, answers.size_bytes, "bytes", large, text)


def read_login(path: str | None) -> Login:
    """User and password from a file that nobody else may read; `ProbeFailed` says what to do."""
    if path is None:
        return Login()
    found = Path(path)
    with found.open("rb") as file:
        if stat.S_IMODE(found.stat().st_mode) & 0o077:
            raise ProbeFailed(f"others may read the credentials in {path}; run: chmod 600 {path}")
        lines = file.read(CREDENTIALS_BYTES).decode("utf-8", "replace").splitlines()
    if not lines or not lines[0].strip():
        raise ProbeFailed(f"{path} holds no credentials: the user name goes in line 1, the password in line 2")
    return Login(lines[0].strip(), lines[1] if len(lines) > 1 else "")

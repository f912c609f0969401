"""What all scratch servers have in common: how programs are started, which account, how long things may take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final

from remediation.backup.errors import DumpUnusable
from remediation.backup.manifest import DatabaseFacts
from remediation.backup.programs import Program, Programs, Ran, Running
from remediation.backup.sources.whole import hash_file
from wire.sentence import sentence

START_S: Final = 120.0
LOAD_S: Final = 6 * 3_600.0
_LOOK_S: Final = 0.05
_TOLD_CHARS: Final = 500  # of a server's last words


@dataclass(frozen=True)
class Bench:
    """`account`: who the servers run as; empty: who we are."""

    programs: Programs
    monotonic: Callable[[], float]
    account: str = ""
    jobs: int = 2  # tables that are loaded at a time
    start_s: float = START_S
    load_s: float = LOAD_S

    def as_server(self, argv: tuple[str, ...], folder: Path) -> Program:
        """A program that runs under the account of the scratch servers."""
        return Program(argv, self.load_s, folder=folder, user=self.account)

    def run(
        self,
        name: str,
        argv: tuple[str, ...],
        environment: Mapping[str, str] | None = None,
        *,
        feed: Path | None = None,
    ) -> Ran:
        """Run a client program to a good end; `DumpUnusable` says what it complained about."""
        program = Program(argv, self.load_s, environment or {})
        if feed is None:
            return checked(name, argv[0], self.programs.run(program))
        with feed.open("rb") as file:
            return checked(name, argv[0], self.programs.run(program, feed=file))

    def wait_until_up(self, name: str, server: Running, is_up: Callable[[], bool], log: Path) -> None:
        """Until the server answers; `DumpUnusable` with its last words when it ends, or does not come up in time."""
        end = self.monotonic() + self.start_s
        pause = Event()
        while not is_up():
            if not server.is_up or self.monotonic() > end:
                told = log.read_text(errors="replace").strip()[-_TOLD_CHARS:]
                raise DumpUnusable(
                    sentence("the scratch server of {name} does not start: {told}", name=name, told=told)
                )
            pause.wait(_LOOK_S)


def checked(name: str, program: str, ran: Ran) -> Ran:
    """A good end, or `DumpUnusable`."""
    if not ran.is_success:
        raise unusable(name, f"{Path(program).name}: {ran}")
    return ran


def unusable(name: str, problem: object) -> DumpUnusable:
    """The error that says which dump cannot be loaded, and why."""
    return DumpUnusable(sentence("the dump of {name} cannot be loaded: {problem}", name=name, problem=problem))


def refuse_damaged(facts: DatabaseFacts, dump: Path) -> None:
    """Every file of the dump has to be there, byte by byte as it was written."""
    for name in facts.files:
        try:
            found = hash_file(dump / name)
        except OSError as error:
            raise unusable(facts.name, error) from error
        if found != facts.hashes.get(name):
            raise unusable(facts.name, sentence("{file} is not as it was written", file=name))

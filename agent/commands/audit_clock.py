"""`sitewarden-agent audit clock`: the way back after a clock that was far ahead, for root on this host alone.

The executor runs nothing while the clock is earlier than the newest record of the audit chain: a
thief of the time server must not bring an old approval back to life. A clock that was once wrong by
years would so block the host for years. `--accept` records in the chain itself that the clock is
right now, and time counts from that record on. It writes in the executor's folder: no document, no
request over the socket and nothing that comes from the collector can do it.
"""

from __future__ import annotations

import argparse
import os
import stat
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from agent.app import now
from agent.commands.maintained import (
    add_folder_argument,
    add_json_argument,
    executor_folder,
    file_refusals,
    record,
)
from remediation.executor.journal import CLOCK_ACCEPTED, CLOCK_BACK, last_lines, newest_time
from remediation.executor.sources import AUDIT
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class AuditClock:
    """Compares the clock with the audit chain, and takes the administrator's word for it."""

    name = "audit clock"
    summary = sentence("Show whether this clock is earlier than the audit chain; --accept trusts the clock again.")
    examples: Sequence[str] = ("sitewarden-agent audit clock", "sudo sitewarden-agent audit clock --accept")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Whether to accept."""
        add_folder_argument(parser, terminal)
        add_json_argument(parser, terminal)
        words = sentence("record that the clock is right now; look at `date` first")
        parser.add_argument("--accept", action="store_true", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """1 as long as the clock blocks what may be done."""
        folder = executor_folder(arguments, terminal)
        with file_refusals(folder / AUDIT):
            newest = newest_time(last_lines(folder / AUDIT))
        is_back = newest is not None and now() < newest - CLOCK_BACK
        if is_back and arguments.accept:
            _check_owner(folder)
            record(folder, CLOCK_ACCEPTED, {"newest": _text(newest), "accepted_by_uid": os.geteuid()})
        is_blocked = is_back and not arguments.accept
        if arguments.json:
            terminal.json({"clock": _text(now()), "newest_record": _text(newest), "blocked": is_blocked})
        else:
            _print(terminal, newest, is_back=is_back, is_accepted=arguments.accept)
        return Exit.FAILED if is_blocked else Exit.DONE


def _check_owner(folder: Path) -> None:
    """Root or the folder's owner; a group that may write there has no say about time."""
    found = folder.stat()
    is_shared = bool(found.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
    if os.geteuid() not in {0, found.st_uid} or is_shared:
        raise CommandRefused(sentence("only the owner of {path} can accept the clock", path=folder), Exit.FAILED)


def _print(terminal: Terminal, newest: datetime | None, *, is_back: bool, is_accepted: bool) -> None:
    if not is_back:
        terminal.say(sentence("The clock is not earlier than the audit chain."))
    elif is_accepted:
        terminal.say(sentence("Recorded: the clock {now} is right. Actions can run again.", now=_text(now())))
    else:
        words = sentence(
            "The clock says {now}, the audit chain has a record of {newest}: nothing runs. "
            "If `date` is right: `sitewarden-agent audit clock --accept`",
            now=_text(now()),
            newest=_text(newest),
        )
        terminal.say(words)


def _text(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""


COMMAND = AuditClock()

"""`sitewarden-agent backup status`: how the backup stands, green only when it was proven."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from agent.commands.saving import add_backup_arguments, opened_site
from remediation.backup.app import now
from remediation.backup.standing import BackupState
from terminal import Exit, Terminal
from wire.sentence import Sentence, sentence


class BackupStatus:
    """From policy and journal alone: the target is not touched."""

    name = "backup status"
    summary = sentence("Say how the backup stands. It is green only when a restore of it was proven lately.")
    examples: Sequence[str] = ("sudo sitewarden-agent backup status",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Which policy."""
        add_backup_arguments(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when it is green, 1 when it is not."""
        with opened_site(arguments, terminal) as site:
            state = site.tell_state()
        faults = list(faults_of(state, now()))
        if arguments.json:
            found = {**msgspec.to_builtins(state), "green": not faults, "faults": [str(words) for words in faults]}
            terminal.json(found)
            return Exit.FAILED if faults else Exit.DONE
        terminal.say(sentence("last good run: {at}", at=_when(state.good_at)))
        terminal.say(sentence("last proven restore: {at}", at=_when(state.proven_at)))
        if state.rto_s is not None:
            terminal.say(sentence("measured time to come back: {seconds} s", seconds=state.rto_s))
        if state.waiting_proofs:
            terminal.say(sentence("proofs that wait for this host's enrolment: {count}", count=state.waiting_proofs))
        for words in faults:
            terminal.say(sentence("NOT GREEN  {why}", why=words))
        if not faults:
            terminal.say(sentence("green: saved in time, and proven by a restore"))
        return Exit.FAILED if faults else Exit.DONE


def _when(at: datetime | None) -> object:
    return sentence("never") if at is None else at.isoformat(timespec="seconds")


def faults_of(state: BackupState, at: datetime) -> Iterator[Sentence]:
    """Everything that keeps it from being green."""
    if state.failed:
        yield sentence("the last run failed: {why}", why=state.failed)
    if state.copy_failed:
        yield sentence("the second copy failed: {why}", why=state.copy_failed)
    if at > state.overdue_at:
        yield sentence("a backup is overdue since {at}", at=_when(state.overdue_at))
    for level, why in state.failed_drills.items():
        yield sentence("the drill of level {level} failed: {why}", level=level, why=why)
    if state.proven_at is None:
        yield sentence("no restore was ever proven: `sitewarden-agent backup drill 3` does it")
    elif state.proof_overdue_at is not None and at > state.proof_overdue_at:
        yield sentence("the proof is too old since {at}", at=_when(state.proof_overdue_at))
    if state.retention_refused:
        yield sentence("nothing old is removed: {why}", why=state.retention_refused)


COMMAND = BackupStatus()

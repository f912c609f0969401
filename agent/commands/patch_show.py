"""`sitewarden-agent patch show`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from agent.commands.maintained import file_refusals, shown
from agent.commands.patching import (
    add_id_argument,
    add_patch_arguments,
    attempts_of,
    job_of,
    line,
    newest,
    place_of_jobs,
    settings_of,
    view,
)
from agent.commands.rehearsals import newest_rehearsal, rehearsal_words
from agent.commands.saving import deed_json
from remediation.patch.journal import JournalDamaged, Record
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class PatchShow:
    """One attempt with every state that it passed."""

    name = "patch show"
    summary = sentence("Show one patch with every state that it has passed on this server.")
    examples: Sequence[str] = (
        "sudo sitewarden-agent patch show his-2026-11",
        "sitewarden-agent patch show 3f9a --json",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Settings, and which."""
        add_patch_arguments(parser, terminal)
        add_id_argument(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """The newest attempt of that name."""
        settings = settings_of(arguments, terminal)
        attempt = newest(attempts_of(settings), arguments.patch)
        jobs = place_of_jobs(settings)
        try:
            with file_refusals(Path(str(settings.executor.folder))):
                records = jobs.records(job_of(jobs, attempt))
        except JournalDamaged as damage:
            raise CommandRefused(sentence("{problem}", problem=str(damage)), Exit.FAILED) from damage
        rehearsal = newest_rehearsal(settings, attempt.digest)
        if arguments.json:
            tried = None if rehearsal is None else deed_json(rehearsal)
            terminal.json(view(attempt) | {"states": [_record(record) for record in records], "rehearsal": tried})
            return Exit.DONE
        terminal.say(line(attempt))
        terminal.say(rehearsal_words(rehearsal))
        for record in records:
            at, reason = record.at.isoformat(timespec="seconds"), shown(str(record.body.get("reason", "")))
            terminal.say(sentence("  {at}  {state} {reason}", at=at, state=record.state.value, reason=reason))
        return Exit.DONE


def _record(record: Record) -> dict[str, str]:
    return {"at": record.at.isoformat(), "state": record.state.value, "reason": str(record.body.get("reason", ""))}


COMMAND = PatchShow()

"""`sitewarden-agent patch rollback`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from agent.commands.patching import (
    add_id_argument,
    add_patch_arguments,
    at_work,
    attempts_of,
    job_of,
    line,
    newest,
    settings_of,
)
from remediation.executor.patches.running import take_back
from remediation.patch.state import PatchState
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class PatchRollback:
    """The version before, from what this server has kept. The vendor's newest word is not needed for it."""

    name = "patch rollback"
    summary = sentence("Take an installed patch back, with your consent; needs no word of the vendor.")
    examples: Sequence[str] = (
        "sudo sitewarden-agent patch rollback his-2026-11",
        "sudo sitewarden-agent patch rollback his-2026-11 --consent his-2026-11",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Settings, which, and the typed word."""
        add_patch_arguments(parser, terminal)
        add_id_argument(parser, terminal)
        words = sentence("the id of the patch once more: the customer's consent (default: it is asked for)")
        lose = sentence("also where a saved database comes back, without what was written since the patch")
        parser.add_argument("--may-lose-writes", action="store_true", help=terminal.text(lose))
        parser.add_argument("--consent", metavar="PATCH", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Ask, take back, say how it ended."""
        settings = settings_of(arguments, terminal)
        attempt = newest(attempts_of(settings), arguments.patch)
        terminal.warn(line(attempt))
        word = arguments.consent
        if word is None:
            terminal.warn(sentence("Type {word} to take it back:", word=attempt.manifest.id))
            word = sys.stdin.readline().strip()
        if word != attempt.manifest.id:
            raise CommandRefused(
                sentence("nothing was done: that is not {word}", word=attempt.manifest.id), Exit.FAILED
            )
        with at_work(settings, arguments.settings) as parts:
            reason, lose = sentence("the customer takes it back"), arguments.may_lose_writes
            state = take_back(job_of(parts.jobs, attempt), parts, reason, may_lose_writes=lose)
            after = parts.jobs.attempt(job_of(parts.jobs, attempt))
        if arguments.json:
            terminal.json({"patch": attempt.manifest.id, "state": state})
        else:
            terminal.say(line(after))
        return Exit.DONE if state is PatchState.ROLLED_BACK else Exit.FAILED


COMMAND = PatchRollback()

"""`sitewarden-agent patch run`: the process of one job."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import msgspec

from agent.commands.patching import add_patch_arguments, at_work, settings_of
from agent.log import set_up_log
from remediation.executor.patches.running import run_job
from terminal import Exit, Terminal
from wire.proofs import Outcome
from wire.sentence import sentence


class PatchRun:
    """Started by the executor for what it permitted; judges the documents again by itself."""

    name = "patch run"
    summary = sentence("Apply the patch of a job that the executor has permitted; started by its service.")
    examples: Sequence[str] = ("sitewarden-agent patch run 3f9a0c2e...",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Settings and job."""
        add_patch_arguments(parser, terminal)
        parser.add_argument("job", metavar="JOB", help=terminal.text(sentence("the digest of its request")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Apply it to its end, whichever; 0 when it is installed."""
        settings = settings_of(arguments, terminal)
        set_up_log("info", monotonic=time.monotonic)  # noqa: TID251  # handed on, not read
        with at_work(settings, arguments.settings) as parts:
            result = run_job(arguments.job, parts)
        if arguments.json:
            terminal.json(msgspec.to_builtins(result))
        else:
            terminal.say(
                sentence("{outcome}: {step} {detail}", outcome=result.outcome, step=result.step, detail=result.detail)
            )
        return Exit.DONE if result.outcome is Outcome.DONE else Exit.FAILED


COMMAND = PatchRun()

"""`sitewarden-agent patch recover`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import msgspec

from agent.commands.patching import add_patch_arguments, at_work, place_of_jobs, settings_of
from agent.log import set_up_log
from remediation.executor.patches.running import recover_all
from terminal import Exit, Terminal
from wire.sentence import sentence


class PatchRecover:
    """Whatever was cut off goes back to old, or on to new where it counted already."""

    name = "patch recover"
    summary = sentence("Bring a patch that was cut off to its end; at boot, before the services start.")
    examples: Sequence[str] = ("sudo sitewarden-agent patch recover",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Settings, and whether the host boots."""
        add_patch_arguments(parser, terminal)
        words = sentence("the host boots: services are asked for and not waited for")
        parser.add_argument("--boot", action="store_true", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when nothing is left in the middle."""
        settings = settings_of(arguments, terminal)
        if not place_of_jobs(settings).folder.exists():
            results = []
        else:
            set_up_log("info", monotonic=time.monotonic)  # noqa: TID251  # handed on, not read
            with at_work(settings, arguments.settings, is_boot=arguments.boot) as parts:
                results = recover_all(parts)
        if arguments.json:
            terminal.json({"ended": [msgspec.to_builtins(result) for result in results]})
            return Exit.DONE
        for result in results:
            terminal.say(
                sentence("{request}: {state} {detail}", request=result.digest, state=result.step, detail=result.detail)
            )
        return Exit.DONE


COMMAND = PatchRecover()

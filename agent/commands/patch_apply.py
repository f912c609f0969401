"""`sitewarden-agent patch apply`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from agent.app import executor_client
from agent.commands.offer import read_offered
from agent.commands.patching import add_patch_arguments, settings_of
from agent.courier.sorting import Sorted, Way, approvals_for
from agent.settings.model import Settings
from remediation.executor.client import ExecutorRefused, NoExecutor
from remediation.trust.obstacles import Obstacle
from terminal import CommandRefused, Exit, Terminal
from wire.proofs import Outcome, Result
from wire.sentence import sentence

LOOK_S = 0.5


class PatchApply:
    """The executor judges the files as it judges what comes over the network; this waits for the end."""

    name = "patch apply"
    summary = sentence("Apply a patch by its signed request and approval from files, and wait for the end.")
    examples: Sequence[str] = ("sudo sitewarden-agent patch apply request.json approval.json",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Settings and files."""
        add_patch_arguments(parser, terminal)
        words = sentence("the signed request, and its approvals")
        parser.add_argument("files", metavar="FILE", type=Path, nargs="+", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when it is installed."""
        settings = settings_of(arguments, terminal)
        documents = [read_offered(path) for path in arguments.files]
        return apply(settings, documents, terminal, as_json=arguments.json)


def apply(settings: Settings, documents: Sequence[Sorted], terminal: Terminal, *, as_json: bool) -> int:
    """Hand the one request over and tell each state until the end."""
    requests = [each for each in documents if each.way is Way.REQUEST]
    if len(requests) != 1:
        raise CommandRefused(sentence("name one request, with its approvals"))
    result = _until_the_end(settings, requests[0], approvals_for(requests[0], documents), terminal)
    if as_json:
        terminal.json(msgspec.to_builtins(result))
    elif result.obstacle:
        terminal.say(sentence("refused: {obstacle}, {detail}", obstacle=result.obstacle, detail=result.detail))
    else:
        terminal.say(
            sentence("{outcome}: {step} {detail}", outcome=result.outcome, step=result.step, detail=result.detail)
        )
    return Exit.DONE if result.outcome is Outcome.DONE else Exit.FAILED


def _until_the_end(settings: Settings, request: Sorted, approvals: list[bytes], terminal: Terminal) -> Result:
    client = executor_client(Path(str(settings.executor.socket)))
    told = ""
    try:
        while (result := client.run(request.raw, approvals)).obstacle == Obstacle.IN_PROGRESS:
            if result.detail != told:
                told = result.detail
                terminal.warn(sentence("{state}", state=told))
            time.sleep(LOOK_S)  # noqa: TID251  # between two questions
    except NoExecutor as nobody:
        words = sentence(
            "the executor does not answer ({problem}); start `sitewarden-agent executor`", problem=str(nobody)
        )
        raise CommandRefused(words, Exit.FAILED) from nobody
    except ExecutorRefused as refused:
        raise CommandRefused(sentence("refused: {problem}", problem=str(refused)), Exit.FAILED) from refused
    return result


COMMAND = PatchApply()

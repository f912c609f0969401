"""`sitewarden request status`: follows a request until every server has said its last word."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import msgspec

from deploy.desk.app import monotonic, pause
from deploy.desk.asking.console import Console, ConsoleRefused
from deploy.desk.asking.progress import UNDER_WAY, Progress, exit_code, news, output_of, read_progress
from deploy.desk.commands.asking import in_path, logged_in
from deploy.desk.commands.documents import shown
from deploy.desk.commands.keys import add_json_argument
from terminal import Terminal
from wire.sentence import sentence

LOOK_S = 0.5


class RequestStatus:
    """A line for each change, then what the programs wrote."""

    name = "request status"
    summary = sentence(
        "follow a request; exit code 0 done, 1 not done, {under_way} still under way", under_way=UNDER_WAY
    )
    examples: Sequence[str] = (
        "sitewarden request status 3f9a0c2e71b45d60a1b2c3d4e5f60718",
        "sitewarden request status 3f9a0c2e71b45d60a1b2c3d4e5f60718 --once --json",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_json_argument(parser, terminal)
        parser.add_argument("id", metavar="ID", help=terminal.text(sentence("the request's id")))
        parser.add_argument("--once", action="store_true", help=terminal.text(sentence("look once, do not wait")))
        words = sentence("stop waiting after so many seconds")
        parser.add_argument("--timeout", type=float, metavar="SECONDS", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Follow, then tell the outputs."""
        with logged_in() as console:
            said, progress = _follow(console, arguments, terminal)
        if arguments.json:
            terminal.json(said)
        else:
            _tell(progress, terminal)
        return exit_code(progress)


def _follow(console: Console, arguments: argparse.Namespace, terminal: Terminal) -> tuple[Any, Progress]:
    told: dict[str, str] = {}
    started = monotonic()
    while True:
        said = console.get(f"/v1/requests/{in_path(arguments.id)}")
        try:
            progress = read_progress(said)
        except msgspec.ValidationError as error:
            raise ConsoleRefused(sentence("this is no request: {problem}", problem=str(error))) from error
        for words in news(progress, told):
            if not arguments.json:
                terminal.say(words)
        is_late = arguments.timeout is not None and monotonic() - started >= arguments.timeout
        if arguments.once or is_late or exit_code(progress) != UNDER_WAY:
            return said, progress
        pause(LOOK_S)


def _tell(progress: Progress, terminal: Terminal) -> None:
    for host in progress.hosts:
        if host.result is None:
            continue
        if host.result.exit_code is not None:
            terminal.say(sentence("{host}: exit code {code}", host=shown(host.hostname), code=host.result.exit_code))
        if host.result.detail:
            terminal.say(sentence("  {line}", line=shown(host.result.detail)))
        for line in output_of(host):
            terminal.say(sentence("  {line}", line=line))


COMMAND = RequestStatus()

"""`sitewarden-collector replay`: what the rules make of a file of events, on a simulated clock."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from collector.commands.progress import counted
from collector.replay.lines import bounded, in_order, is_in_order, read_lines
from collector.replay.run import Replay
from collector.settings.model import Rules
from collector.settings.reading import load_settings
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class ReplayFile:
    """Run a file of events through the rules."""

    name = "replay"
    summary = sentence("what the rules make of a file of events, on a simulated clock")
    examples = (
        "sitewarden-collector replay last-week.jsonl",
        "sitewarden-collector replay last-week.jsonl --settings collector.yaml --json",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        parser.add_argument("file", type=Path, metavar="FILE", help=say(sentence("one event a line, as JSON")))
        parser.add_argument(
            "--settings",
            type=Path,
            metavar="FILE",
            help=say(sentence("settings file whose rules to try (default: the rules that come with the collector)")),
        )
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Run it, and print what came of it."""
        rules = load_settings(arguments.settings, terminal).rules if arguments.settings else Rules()
        replay = Replay(rules)
        try:
            with arguments.file.open("rb") as lines:
                is_ordered = is_in_order(read_lines(bounded(lines)))
                lines.seek(0)
                found = read_lines(counted(bounded(lines), terminal))
                replay.run(found if is_ordered else in_order(found))
        except OSError as error:
            problem = error.strerror or str(error)
            why = sentence("{path} cannot be read: {problem}", path=arguments.file, problem=problem)
            raise CommandRefused(why) from error
        summary = replay.summary()
        if arguments.json:
            terminal.json(summary)
        else:
            _print(terminal, summary)
        return Exit.DONE


COMMAND = ReplayFile()


def _print(terminal: Terminal, summary: dict[str, Any]) -> None:
    heads = ("number", "site", "module", "code", "kind", "level", "status", "occurrences", "reopen_count")
    rows = [[str(ticket[name]) for name in heads] for ticket in summary["tickets"]]
    names = [
        sentence("number"),
        sentence("site"),
        sentence("module"),
        sentence("code"),
        sentence("kind"),
        sentence("level"),
        sentence("status"),
        sentence("occurrences"),
        sentence("reopened"),
    ]
    terminal.table(names, rows)
    for problem in summary["problems"]:
        about = {"module": problem["module"], "code": problem["code"], "count": len(problem["sites"])}
        terminal.say(sentence("problem {module} {code} at {count} sites", **about))
    counts = {name: summary[name] for name in ("events", "duplicates", "transient", "suppressed")}
    terminal.say(
        sentence(
            "{events} events, {duplicates} repeated, {transient} went away by themselves, {suppressed} held back",
            **counts,
        )
    )
    terminal.say(sentence("{page} pages, {digest} digests, {customer} notices to customers", **summary["notices"]))

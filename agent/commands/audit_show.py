"""`sitewarden-agent audit show`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from agent.commands.audit_verify import add_folder_argument, audit_folder
from agent.commands.loading import add_settings_argument
from agent.commands.maintained import shown
from remediation.audit.chain import stored_lines
from remediation.audit.lines import Line, read_line
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import Sentence, sentence

OUTPUT_LINES = 40
LINE_CHARS = 500
SHOWN = (
    "action",
    "outcome",
    "obstacle",
    "engineer",
    "approvers",
    "argv",
    "exit_code",
    "detail",
    "stops",
    "count",
    "bytes",
)


class AuditShow:
    """Prints the records of the audit chain."""

    name = "audit show"
    summary = sentence("Show what was asked, refused and done on this server, from the audit chain.")
    examples: Sequence[str] = ("sitewarden-agent audit show", "sitewarden-agent audit show --folder ./copy --json")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Which chain, and how."""
        add_settings_argument(parser, terminal)
        add_folder_argument(parser, terminal)
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """One line a record; unreadable ones are left to `audit verify`."""
        folder: Path = audit_folder(arguments)
        try:
            for raw in stored_lines(folder):
                line = read_line(raw)
                if line is not None:
                    self._print(line, terminal, as_json=arguments.json)
        except OSError as error:
            words = sentence("{path} cannot be read: {problem}", path=error.filename or folder, problem=error.strerror)
            raise CommandRefused(words, Exit.FAILED) from error
        return Exit.DONE

    def _print(self, line: Line, terminal: Terminal, *, as_json: bool) -> None:
        entry = line.entry
        if as_json:
            terminal.json(msgspec.to_builtins(entry))
            return
        said = {name: entry.body[name] for name in SHOWN if entry.body.get(name) not in (None, "", [])}
        at = entry.at.isoformat(timespec="seconds")
        text = ", ".join(f"{name}={shown(str(value))}" for name, value in said.items())
        terminal.say(sentence("{number}  {at}  {kind}  {text}", number=entry.n, at=at, kind=entry.kind, text=text))
        for words in _output(entry.body):
            terminal.say(words)


def _output(body: dict[str, Any]) -> Iterator[Sentence]:
    """What the program said, a line each, indented so that nothing in it can pass for a record."""
    output = body.get("output")
    if not isinstance(output, str) or not output:
        return
    lines = output.splitlines()
    for line in lines[:OUTPUT_LINES]:
        yield sentence("    | {line}", line=shown(line[:LINE_CHARS]))
    if len(lines) > OUTPUT_LINES:
        yield sentence("    ({count} more lines; --json has them)", count=len(lines) - OUTPUT_LINES)


COMMAND = AuditShow()

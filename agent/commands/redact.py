"""`sitewarden-agent redact`: what would be hidden in a text, before anything is stored or sent."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from agent.app import new_redaction_key
from agent.commands.loading import add_settings_argument, load_settings
from agent.logs.guess import Recogniser
from agent.redaction.key import KEY_BYTES, read_key
from agent.redaction.redactor import Finding, Redactor
from agent.settings.encoding import EncodingRefused, find_encoding
from agent.settings.reading import DEFAULT_PATH
from agent.settings.redaction import RedactionSettings
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence

MAX_BYTES = 64_000_000  # read as a whole, because a private key goes over many lines


class Redact:
    """Prints a text as it would be stored, or each place that would be hidden."""

    name = "redact"
    summary = sentence("Show a text as it would be stored, or what would be hidden in it and why.")
    examples: Sequence[str] = (
        "sitewarden-agent redact /var/log/his/app.log | less",
        "sitewarden-agent redact --explain /var/log/his/app.log",
        "grep ERROR app.log | sitewarden-agent redact --explain --json -",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """The text, and how it is shown."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument(
            "--explain", action="store_true", help=say(sentence("one line for every place and detector"))
        )
        parser.add_argument(
            "--show", action="store_true", help=say(sentence("with --explain: print the values themselves, too"))
        )
        parser.add_argument("--encoding", default="utf-8", metavar="NAME", help=say(sentence("encoding (utf-8)")))
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))
        parser.add_argument("file", metavar="FILE", help=say(sentence("the text; - for standard input")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 whether or not something was found; 1 when the text cannot be read, 2 for wrong settings."""
        redactor = _redactor(arguments, terminal)
        text = _text(arguments.file, arguments.encoding)
        if not arguments.explain:
            lines = text.split("\n")
            for line in redactor.redact_lines(lines[:-1] if lines[-1] == "" else lines):
                _print(terminal, line, as_json=arguments.json)
            return Exit.DONE
        findings = redactor.explain(text)
        for row in _rows(text, findings, shows=arguments.show):
            _explain(terminal, row, as_json=arguments.json)
        if not arguments.json:
            terminal.warn(sentence("{count} places would be hidden", count=len(findings)))
        return Exit.DONE


def _redactor(arguments: argparse.Namespace, terminal: Terminal) -> Redactor:
    rules, key = _rules(arguments, terminal)
    if key is None:
        terminal.warn(
            sentence(
                "the key of redaction cannot be read (it belongs to the agent); the tokens here are others than sent"
            )
        )
        key = new_redaction_key(KEY_BYTES)
    return Redactor(rules, key)


def _rules(arguments: argparse.Namespace, terminal: Terminal) -> tuple[RedactionSettings, bytes | None]:
    """The rules and the key; the rules that come with the agent where nobody has set it up yet."""
    if arguments.settings == DEFAULT_PATH and not DEFAULT_PATH.exists():
        return RedactionSettings(), None
    settings = load_settings(arguments, terminal).settings
    try:
        return settings.redaction, read_key(Path(settings.state))
    except OSError:
        return settings.redaction, None


def _text(name: str, encoding: str) -> str:
    try:
        codec = find_encoding(encoding)
        raw = sys.stdin.buffer.read(MAX_BYTES + 1) if name == "-" else _read(Path(name))
    except EncodingRefused as refused:
        raise CommandRefused(refused.why) from refused
    except OSError as error:
        words = sentence("{path} cannot be read: {reason}", path=name, reason=error.strerror or str(error))
        raise CommandRefused(words, Exit.FAILED) from error
    if len(raw) > MAX_BYTES:
        words = sentence("{path} is larger than {bytes} bytes; give it in parts", path=name, bytes=MAX_BYTES)
        raise CommandRefused(words, Exit.FAILED)
    found = Recogniser(codec.for_head(raw)).see(raw)
    return raw.decode(found.other or found.codec, "backslashreplace").replace("\r\n", "\n")


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _print(terminal: Terminal, line: str, *, as_json: bool) -> None:
    if as_json:
        terminal.json({"text": line})
    else:
        terminal.out.write(f"{line}\n")


def _rows(text: str, findings: Iterable[Finding], *, shows: bool) -> Iterator[dict[str, object]]:
    line, line_start = 1, 0
    for finding in findings:
        line += text.count("\n", line_start, finding.start)
        line_start = text.rfind("\n", 0, finding.start) + 1
        row: dict[str, object] = {
            "line": line,
            "column": finding.start - line_start + 1,
            "characters": finding.end - finding.start,
            "detector": finding.detector,
            "confidence": finding.confidence.value,
            "token": finding.token,
        }
        yield row | ({"value": text[finding.start : finding.end]} if shows else {})


def _explain(terminal: Terminal, row: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        terminal.json(row)
        return
    words = sentence(
        "{line}:{column}: {characters} characters, {detector} ({confidence}) -> {token}",
        **{name: value for name, value in row.items() if name != "value"},
    )
    terminal.say(words)
    if "value" in row:
        terminal.out.write(f"    {row['value']}\n")


COMMAND = Redact()

"""`sitewarden-collector serve`: run the collector."""

from __future__ import annotations

import argparse
import json
import logging
import os
from pathlib import Path

from collector.commands.opening import opened
from collector.parts import Parts
from collector.serving.listeners import Opened, open_listener
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class Serve:
    """Open both listeners and serve until told to end."""

    name = "serve"
    summary = sentence("run the collector: take what agents send, open tickets, show the console")
    examples = ("sitewarden-collector serve --settings collector.yaml",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        words = sentence("write the addresses into this file when both listeners answer")
        parser.add_argument("--ready-file", type=Path, metavar="FILE", help=terminal.text(words))
        words = sentence("print one JSON object when both listeners answer")
        parser.add_argument("--json", action="store_true", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Serve; both sockets are open before anything else happens."""
        from collector.serving.serve import run  # noqa: PLC0415  # half a second that no other command has to wait

        logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        with opened(arguments, terminal) as parts:
            exchange = open_listener(parts.settings.exchange)
            try:
                console = open_listener(parts.settings.console)
            except BaseException:
                exchange.socket.close()
                raise
            run(parts, exchange, console, lambda: _announce(parts, exchange, console, arguments, terminal))
        return Exit.DONE


def _announce(
    parts: Parts, exchange: Opened, console: Opened, arguments: argparse.Namespace, terminal: Terminal
) -> None:
    facts = {
        "ready": True,
        "exchange": exchange.address,
        "console": console.address,
        "generation": parts.generation,
        "pid": os.getpid(),
    }
    if arguments.json:
        terminal.json(facts)
    else:
        terminal.say(sentence("agents: {address}", address=exchange.address))
        terminal.say(sentence("console: {address}", address=console.address))
    if arguments.ready_file is not None:
        _write_whole(arguments.ready_file, json.dumps(facts))


def _write_whole(path: Path, text: str) -> None:
    """A reader sees the whole text or no file."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text)
    temporary.replace(path)


COMMAND = Serve()

"""`sitewarden-collector store-check`: which database is used, how fast it commits, and whether it is safe."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.parts import Parts
from collector.settings.reading import add_settings_argument
from collector.store.checking import Findings, commit_once, look
from terminal import Exit, Terminal
from wire.sentence import sentence

COMMITS = 20


class StoreCheck:
    """Look at the database of the settings."""

    name = "store-check"
    summary = sentence("show which database is used, how fast it commits, and what makes it unsafe")
    examples = ("sitewarden-collector store-check", "sitewarden-collector store-check --json")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Tell it; exit code 1 if something makes it unsafe."""
        with opened(arguments, terminal) as parts:
            found, commit_ms = look(parts.store), _commit_ms(parts)
        if arguments.json:
            complaints = [terminal.text(each) for each in found.complaints]
            terminal.json({**vars(found), "complaints": complaints, "commit_ms": round(commit_ms, 2)})
        else:
            _tell(found, commit_ms, terminal)
        return Exit.FAILED if found.complaints else Exit.DONE


def _commit_ms(parts: Parts) -> float:
    """The median of some commits."""
    took = []
    for _ in range(COMMITS):
        began = parts.monotonic()
        commit_once(parts.store)
        took.append(parts.monotonic() - began)
    return sorted(took)[COMMITS // 2] * 1_000


def _tell(found: Findings, commit_ms: float, terminal: Terminal) -> None:
    product = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[found.kind]
    terminal.say(sentence("{product} {version}: {name}", product=product, version=found.version, name=found.name))
    terminal.say(sentence("schema {schema}, a commit takes {ms} ms", schema=found.schema, ms=f"{commit_ms:.1f}"))
    for table, count in found.partitions.items():
        terminal.say(sentence("{table}: {count} partitions", table=table, count=count))
    for complaint in found.complaints:
        terminal.warn(complaint)


COMMAND = StoreCheck()

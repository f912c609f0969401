"""`sitewarden-agent backup rescue`: what of a table is different from a snapshot; nothing live is changed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from agent.commands.rescuing import add_snapshot_argument, bench_of, brought_dump, live_database
from agent.commands.saving import add_backup_arguments, opened_site
from remediation.backup.rescue.correction import Tail
from remediation.backup.rescue.model import Choice, Row
from remediation.backup.rescue.rescue import CONFIRM_CHARS, Shown, database_of, differences, hand_over, show
from remediation.backup.scratch.servers import ScratchServers
from terminal import Exit, Terminal
from wire.sentence import sentence

VALUE_CHARS = 40  # of a value in the table for people


class BackupRescue:
    """Loads the snapshot into a scratch server and compares."""

    name = "backup rescue"
    summary = sentence("Compare a table with a snapshot, and write a correction that brings rows back.")
    examples: Sequence[str] = (
        "sudo sitewarden-agent backup rescue orders --table public.invoices",
        "sudo sitewarden-agent backup rescue orders --table public.invoices --snapshot 3f2a90 --to fix.jsonl",
        "sudo sitewarden-agent backup rescue orders --table public.invoices --row 17 --changed --to fix.jsonl",
        "sudo sitewarden-agent backup correct fix.jsonl --database orders",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Which table, and which rows."""
        say = terminal.text
        add_backup_arguments(parser, terminal)
        add_snapshot_argument(parser, terminal)
        words = sentence("the database, as the policy calls it")
        parser.add_argument("database", metavar="DATABASE", help=say(words))
        words = sentence("the table; its schema stands before a dot")
        parser.add_argument("--table", required=True, metavar="TABLE", help=say(words))
        words = sentence("write a correction for the rows that were deleted since")
        parser.add_argument("--to", type=Path, metavar="FILE", help=say(words))
        words = sentence("take back rows that were changed since, too")
        parser.add_argument("--changed", action="store_true", help=say(words))
        words = sentence("take out rows that were added since, too")
        parser.add_argument("--added", action="store_true", help=say(words))
        words = sentence("only the row with this key, as it is shown; may be given several times")
        parser.add_argument("--row", action="append", default=[], metavar="KEY", help=say(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when it was compared."""
        with opened_site(arguments, terminal) as site, brought_dump(site, arguments, terminal) as brought:
            live = live_database(brought.rule)
            table = arguments.table.split(".", maxsplit=1) if live.engine == "postgresql" else [arguments.table]
            servers = ScratchServers(bench_of(site))
            with servers.load(brought.facts, brought.dump, brought.folder / "scratch") as loaded:
                then = database_of(loaded)
                shown = show(*differences(then, live, table))
                tail = None
                if arguments.to is not None:
                    choice = _choice(arguments)
                    tail = hand_over(then, live, table, choice, arguments.to,
                                     database=brought.rule.name, snapshot=brought.snapshot)  # fmt: skip
        _say(shown, tail, arguments, terminal)
        return Exit.DONE


def _choice(arguments: argparse.Namespace) -> Choice:
    keys: frozenset[Row] | None = None
    if arguments.row:
        keys = frozenset(tuple(key.split(",")) for key in arguments.row)
    return Choice(changed=arguments.changed, added=arguments.added, keys=keys)


def _say(shown: Shown, tail: Tail | None, arguments: argparse.Namespace, terminal: Terminal) -> None:
    if arguments.json:
        terminal.json({**msgspec.to_builtins(shown), "correction": msgspec.to_builtins(tail)})
        return
    terminal.say(sentence("since the snapshot: {deleted} deleted, {changed} changed, {added} added", **shown.counts))
    heads = [sentence("row"), *(sentence("{column}", column=column.name) for column in shown.table.columns)]
    terminal.table(heads, list(_lines(shown)))
    if tail is not None:
        words = sentence(
            "{path} brings back {deleted}, resets {changed}, takes out {added}. Read it, then: "
            "sitewarden-agent backup correct {path} --database {database} --confirm {digest}",
            path=arguments.to, deleted=tail.deleted, changed=tail.changed, added=tail.added,
            database=arguments.database, digest=tail.sha256[:CONFIRM_CHARS],
        )  # fmt: skip
        terminal.say(words)


def _lines(shown: Shown) -> Iterator[list[str]]:
    """A changed row stands twice: as it was, and as it is."""
    for kind, rows in shown.rows.items():
        for then, now in rows:
            for name, row in ((kind, then or now), ("now", now if then else None)):
                if row is not None:
                    yield [name, *("NULL" if value is None else value[:VALUE_CHARS] for value in row)]


COMMAND = BackupRescue()

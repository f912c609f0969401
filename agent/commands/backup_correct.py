"""`sitewarden-agent backup correct`: show what a correction would do, or do it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from agent.commands.rescuing import live_database, rule_of
from agent.commands.saving import add_backup_arguments, opened_site
from remediation.backup.errors import RestoreRefused
from remediation.backup.rescue.correction import read_correction
from remediation.backup.rescue.rescue import apply, statements_of
from terminal import Exit, Terminal
from wire.sentence import sentence


class BackupCorrect:
    """Without --confirm nothing is changed."""

    name = "backup correct"
    summary = sentence("Show what a correction would change in a live database, or change it, all or nothing.")
    examples: Sequence[str] = (
        "sudo sitewarden-agent backup correct fix.jsonl --database orders",
        "sudo sitewarden-agent backup correct fix.jsonl --database orders --confirm 0a1b2c3d4e5f",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Which correction, and the digest of what was read."""
        say = terminal.text
        add_backup_arguments(parser, terminal)
        parser.add_argument("correction", type=Path, metavar="FILE", help=say(sentence("what `backup rescue` wrote")))
        words = sentence("the database, as the policy calls it")
        parser.add_argument("--database", required=True, metavar="DATABASE", help=say(words))
        words = sentence("change it; DIGEST is the beginning of the digest of what you have read")
        parser.add_argument("--confirm", metavar="DIGEST", help=say(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when it was shown, or every row was changed."""
        with opened_site(arguments, terminal) as site:
            head, tail = read_correction(arguments.correction)
            rule = rule_of(site, arguments.database)
            if head.database != rule.name:
                raise RestoreRefused(sentence("the correction was made for the database {name}", name=head.database))
            if arguments.confirm is None:
                for statement in statements_of(arguments.correction):
                    terminal.say(sentence("{statement};", statement=statement))
                terminal.warn(sentence("nothing is changed; the digest is {digest}", digest=tail.sha256))
                return Exit.DONE
            count = apply(arguments.correction, live_database(rule), arguments.confirm)
        if arguments.json:
            terminal.json({"changed": count})
        else:
            terminal.say(sentence("{count} rows changed", count=count))
        return Exit.DONE


COMMAND = BackupCorrect()

"""`sitewarden-agent backup due`: what a timer calls every few minutes."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from agent.commands.saving import add_backup_arguments, deed_json, opened_site, progress, say_deed
from terminal import Exit, Terminal
from wire.sentence import sentence


class BackupDue:
    """Backup and drills, if policy and journal say that they are due."""

    name = "backup due"
    summary = sentence("Save and drill what is due by the policy, then end; for a timer or cron, every few minutes.")
    examples: Sequence[str] = ("sitewarden-agent backup due", "*/5 * * * * root sitewarden-agent backup due")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Which policy."""
        add_backup_arguments(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when nothing was due or all of it was done; 1 when something failed."""
        with opened_site(arguments, terminal) as site:
            due, deeds = site.due(progress(terminal, silent=arguments.json))
        if arguments.json:
            terminal.json({"due": due.now, "why": due.why, "done": [deed_json(deed) for deed in deeds]})
        for deed in deeds if not arguments.json else []:
            say_deed(deed, terminal)
        if not deeds and not arguments.json:
            terminal.say(sentence("Nothing is due: {why}.", why=due.why))
        return Exit.DONE if all(deed.is_good for deed in deeds) else Exit.FAILED


COMMAND = BackupDue()

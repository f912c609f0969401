"""`sitewarden-agent backup run`: save now."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from agent.commands.saving import add_backup_arguments, deed_json, opened_site, progress, say_deed
from terminal import Exit, Terminal
from wire.sentence import sentence


class BackupRun:
    """One run by the policy, whatever the schedule says."""

    name = "backup run"
    summary = sentence("Save now what the backup policy names; whole, or not at all.")
    examples: Sequence[str] = ("sudo sitewarden-agent backup run",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Which policy."""
        add_backup_arguments(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when everything was saved; 1 says what was not."""
        with opened_site(arguments, terminal) as site:
            deeds = site.run(progress(terminal, silent=arguments.json))
        for deed in deeds:
            if arguments.json:
                terminal.json(deed_json(deed))
            else:
                say_deed(deed, terminal)
        return Exit.DONE if all(deed.is_good for deed in deeds) else Exit.FAILED


COMMAND = BackupRun()

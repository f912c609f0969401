"""`sitewarden-agent backup due`: what a timer calls every few minutes."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from agent.commands.saving import add_backup_arguments, deed_json, opened_site, progress, say_deed, wanted_file
from agent.settings.reading import SettingsUnreadable, read_settings
from remediation.backup.app import now
from remediation.backup.keeping import SiteBackup
from remediation.executor.patches.own_backup import WANTED, is_wanted
from terminal import Exit, Terminal
from wire.errors import TextRefused
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
            tell = progress(terminal, silent=arguments.json)
            if _a_patch_waits(arguments.settings, site):
                is_due, why, deeds = True, WANTED, site.run(tell)
            else:
                due, deeds = site.due(tell)
                is_due, why = due.now, due.why.value
        if arguments.json:
            terminal.json({"due": is_due, "why": why, "done": [deed_json(deed) for deed in deeds]})
        for deed in deeds if not arguments.json else []:
            say_deed(deed, terminal)
        if not deeds and not arguments.json:
            terminal.say(sentence("Nothing is due: {why}.", why=why))
        return Exit.DONE if all(deed.is_good for deed in deeds) else Exit.FAILED


def _a_patch_waits(settings: Path, site: SiteBackup) -> bool:
    """Only for the backup, then: drills can wait, and the patch does."""
    if not settings.exists():
        return False
    try:
        wanted = wanted_file(read_settings(settings, catalogues_needed=False).settings)
    except (SettingsUnreadable, TextRefused):  # said already, where proofs are signed
        return False
    return is_wanted(wanted, site.journal.history().tried_at, now())


COMMAND = BackupDue()

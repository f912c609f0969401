"""`sitewarden-agent backup check`: the policy, the key, the target; nothing is saved."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from agent.commands.saving import add_backup_arguments, opened_site
from remediation.backup.app import now
from remediation.backup.plan import backup_due
from remediation.backup.policy_file import BackupPolicy
from terminal import Exit, Terminal
from wire.sentence import Sentence, sentence


class BackupCheck:
    """Everything that a run will need, looked at before the night comes."""

    name = "backup check"
    summary = sentence("Check the policy, the key and the target, and say what will be due; nothing is saved.")
    examples: Sequence[str] = ("sudo sitewarden-agent backup check",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Which policy."""
        add_backup_arguments(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when a run can begin; warnings for what is probably not meant."""
        with opened_site(arguments, terminal) as site:
            engine = site.engine()
            engine.prepare()
            count = len(engine.snapshots())
            due = backup_due(site.policy.schedule, site.journal.history(), now())
        warnings = list(_warnings(site.policy))
        if arguments.json:
            terminal.json(
                {
                    "engine": engine.name,
                    "snapshots": count,
                    "due": due.now,
                    "warnings": [str(each) for each in warnings],
                }
            )
            return Exit.DONE
        for words in warnings:
            terminal.warn(sentence("warning: {problem}", problem=words))
        terminal.say(
            sentence("The target can be used with {engine}; snapshots there: {count}.", engine=engine.name, count=count)
        )
        return Exit.DONE


def _warnings(policy: BackupPolicy) -> list[Sentence]:
    found = [
        sentence("{path} is not there now", path=path)
        for path in [*policy.what.trees, *policy.what.named]
        if not Path(path).exists()
    ]
    if not any(rule.level >= 3 for rule in policy.drills.ladder):  # noqa: PLR2004  # the level that proves
        found.append(sentence("no drill of level 3 is planned, so this site will never be green"))
    if not policy.target.append_only:
        found.append(sentence("this host can remove what it saved, and so can who steals it"))
    if policy.copy is None:
        found.append(sentence("there is no second copy"))
    return found


COMMAND = BackupCheck()

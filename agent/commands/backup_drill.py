"""`sitewarden-agent backup drill`: restore on purpose, and compare."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from agent.commands.saving import add_backup_arguments, deed_json, opened_site, progress, say_deed
from remediation.backup.policy_file import BackupPolicy, DrillRule
from terminal import Exit, Terminal
from wire.sentence import sentence

LEVELS = (0, 1, 2, 3, 4)
DAY_S = 86_400.0


class BackupDrill:
    """One rung of the ladder on the newest good snapshot."""

    name = "backup drill"
    summary = sentence("Prove the newest backup: 0 index, 1 bytes, 2 files, 3 databases, 4 the whole service.")
    examples: Sequence[str] = (
        "sudo sitewarden-agent backup drill 3",
        "sudo sitewarden-agent backup drill 1 --parts 1",
        "sudo sitewarden-agent backup drill 2 --scratch /mnt/large/drill",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Which level, and where."""
        add_backup_arguments(parser, terminal)
        parser.add_argument("level", type=int, choices=LEVELS, help=terminal.text(sentence("which level")))
        words = sentence("level 1: read one of so many parts of all bytes (default: the policy's)")
        parser.add_argument("--parts", type=int, metavar="N", help=terminal.text(words))
        words = sentence("an empty folder to restore into, gone afterwards (default: in the state folder)")
        parser.add_argument("--scratch", type=Path, metavar="DIR", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when it is proven, 1 when it is not."""
        with opened_site(arguments, terminal) as site:
            rule = _rule(site.policy, arguments.level, arguments.parts)
            deed = site.drill(rule, progress(terminal, silent=arguments.json), folder=arguments.scratch)
        if arguments.json:
            terminal.json(deed_json(deed))
        else:
            say_deed(deed, terminal)
        return Exit.DONE if deed.is_good else Exit.FAILED


def _rule(policy: BackupPolicy, level: int, parts: int | None) -> DrillRule:
    known = next((rule for rule in policy.drills.ladder if rule.level == level), DrillRule(level=level, every_s=DAY_S))
    if parts is None:
        return known
    return DrillRule(level=level, every_s=known.every_s, parts=min(366, max(1, parts)), files=known.files)


COMMAND = BackupDrill()

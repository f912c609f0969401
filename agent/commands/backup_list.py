"""`sitewarden-agent backup list`: the snapshots at the target."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from agent.commands.maintained import shown
from agent.commands.saving import add_backup_arguments, opened_site
from remediation.backup.model import Snapshot
from terminal import Exit, Terminal
from wire.sentence import sentence

SHOWN_CHARS = 12


class BackupList:
    """What could be restored."""

    name = "backup list"
    summary = sentence("List the snapshots at the target, oldest first.")
    examples: Sequence[str] = ("sudo sitewarden-agent backup list",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Which policy."""
        add_backup_arguments(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Print them."""
        with opened_site(arguments, terminal) as site:
            say_snapshots(site.engine().snapshots(), terminal, as_json=arguments.json)
        return Exit.DONE


def say_snapshots(snapshots: Sequence[Snapshot], terminal: Terminal, *, as_json: bool) -> None:
    """A table, or JSON."""
    if as_json:
        for each in snapshots:
            terminal.json(snapshot_json(each))
        return
    if not snapshots:
        terminal.say(sentence("There is no snapshot."))
        return
    heads = [sentence("snapshot"), sentence("saved at"), sentence("host"), sentence("files"), sentence("bytes")]
    terminal.table(heads, [_row(each) for each in snapshots])


def _row(each: Snapshot) -> list[str]:
    files, size = ("-" if number is None else str(number) for number in (each.files, each.size_bytes))
    return [each.id[:SHOWN_CHARS], each.at.isoformat(timespec="seconds"), shown(each.host), files, size]


def snapshot_json(each: Snapshot) -> dict[str, object]:
    """A snapshot as JSON values."""
    return {
        "id": each.id,
        "at": each.at.isoformat(),
        "arrived_at": each.arrived_at.isoformat() if each.arrived_at else None,
        "host": each.host,
        "roots": list(each.roots),
        "labels": dict(each.labels),
        "files": each.files,
        "size_bytes": each.size_bytes,
    }


COMMAND = BackupList()

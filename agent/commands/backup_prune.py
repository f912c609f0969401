"""`sitewarden-agent backup prune`: remove old snapshots, on the receiver's side."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from agent.commands.person import add_yes_argument, demand_yes
from agent.commands.saving import add_backup_arguments, opened_site
from remediation.backup.keeping import Pruned
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class BackupPrune:
    """Retention at work."""

    name = "backup prune"
    summary = sentence("Remove snapshots that retention does not keep; refused while anything looks wrong.")
    examples: Sequence[str] = ("sitewarden-agent backup prune --preview", "sitewarden-agent backup prune --yes")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Look only, or do it."""
        add_backup_arguments(parser, terminal)
        words = sentence("say what would be removed, and remove nothing")
        parser.add_argument("--preview", action="store_true", help=terminal.text(words))
        add_yes_argument(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when done or nothing was to do; 1 when it was refused, and why."""
        with opened_site(arguments, terminal) as site:
            pruned = site.prune(is_preview=True)
            if not arguments.preview and not pruned.refused and pruned.plan.removed:
                if arguments.json and not arguments.yes:
                    raise CommandRefused(sentence("with --json, --yes has to be given"))
                question = sentence("Remove {count} snapshots for good?", count=len(pruned.plan.removed))
                demand_yes(question, arguments, terminal)
            if not arguments.preview:
                pruned = site.prune(is_preview=False)
        _say(pruned, terminal, as_json=arguments.json)
        return Exit.FAILED if pruned.refused else Exit.DONE


def _say(pruned: Pruned, terminal: Terminal, *, as_json: bool) -> None:
    if as_json:
        terminal.json(
            {
                "kept": [{"id": kept.snapshot.id, "because": list(kept.reasons)} for kept in pruned.plan.kept],
                "removed": [each.id for each in pruned.plan.removed],
                "refused": [{"code": each.code, "text": str(each.words)} for each in pruned.refused],
                "freed_bytes": pruned.freed_bytes,
                "done": pruned.deed is not None and pruned.deed.is_good,
            }
        )
        return
    for kept in pruned.plan.kept:
        terminal.say(sentence("keep    {id}: {reasons}", id=kept.snapshot.id, reasons=", ".join(kept.reasons)))
    for each in pruned.plan.removed:
        terminal.say(sentence("remove  {id} of {at}", id=each.id, at=each.at))
    for suspicion in pruned.refused:
        terminal.warn(sentence("REFUSED {why}", why=suspicion.words))
    if pruned.deed is not None and pruned.deed.is_good:
        terminal.say(sentence("Freed {size} bytes.", size=pruned.freed_bytes))


COMMAND = BackupPrune()

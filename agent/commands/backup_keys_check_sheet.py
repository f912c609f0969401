"""`sitewarden-agent backup keys check-sheet`: the key-loss drill, with what somebody typed from paper."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.commands.saving import add_backup_arguments, backup_refusals, opened_site
from remediation.backup.app import now
from remediation.backup.keys.drill import key_loss_drill
from remediation.backup.keys.sheet import Sheet, read_sheet
from terminal import Exit, Terminal
from wire.documents.backups import Act, Deed
from wire.sentence import sentence


class KeysCheckSheet:
    """The key-loss drill: with the sheet alone, without the key file, into a clean folder."""

    name = "backup keys check-sheet"
    summary = sentence("Key-loss drill: open the backup with the sheet alone, and restore from it what proves it.")
    examples: Sequence[str] = ("sudo sitewarden-agent backup keys check-sheet sheet.txt",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """The sheet as somebody typed it."""
        add_backup_arguments(parser, terminal)
        words = sentence("the head of the sheet, typed in; - for standard input")
        parser.add_argument("sheet", metavar="FILE", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when the backup comes back with it."""
        started_at = now()
        with opened_site(arguments, terminal) as site:
            sheet = typed_sheet(arguments.sheet)
            files = key_loss_drill(sheet, Path(site.policy.state))
            deed = Deed(
                act=Act.KEYS, is_good=True, started_at=started_at, ended_at=now(), code="sheet", counts={"files": files}
            )
            site.note(deed)
        if arguments.json:
            terminal.json({"opens": True, "files": files})
        else:
            terminal.say(
                sentence("The sheet opens {target}; {files} files came back.", target=sheet.target, files=files)
            )
        return Exit.DONE


def typed_sheet(name: str) -> Sheet:
    """What a person typed; a refused command says where the slip is."""
    with backup_refusals():
        return read_sheet(sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8"))


COMMAND = KeysCheckSheet()

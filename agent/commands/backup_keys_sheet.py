"""`sitewarden-agent backup keys sheet`: the page of paper that brings the site back."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from agent.commands.saving import add_backup_arguments, backup_refusals, loaded_policy
from remediation.backup.app import now
from remediation.backup.keys.key_file import load_key
from remediation.backup.keys.sheet import Gettext, Sheet, as_html, as_text
from remediation.backup.opening_network import pinned_key
from remediation.backup.policy_file import BackupPolicy
from remediation.durable import write_once
from terminal import CommandRefused, Exit, Terminal
from terminal.output import load_language
from wire.sentence import sentence

LANGUAGES = ("en", "ko", "zh")
LOCALE = Path(__file__).parents[1] / "locale"


class KeysSheet:
    """Text on standard output, or a page for the printer; in one language or in all three."""

    name = "backup keys sheet"
    summary = sentence("Print the recovery sheet: target, key and steps. It opens the backup; lock it away.")
    examples: Sequence[str] = (
        "sudo sitewarden-agent backup keys sheet",
        "sudo sitewarden-agent backup keys sheet --language ko --html sheet.html",
        "sudo sitewarden-agent backup keys sheet --copy",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Which target, which language, which form."""
        add_backup_arguments(parser, terminal)
        words = sentence("language of the steps; may be given several times (default: all three)")
        parser.add_argument("--language", action="append", choices=LANGUAGES, help=terminal.text(words))
        words = sentence("write a page for the printer into this new file, which only you can read")
        parser.add_argument("--html", type=Path, metavar="FILE", help=terminal.text(words))
        words = sentence("the sheet of the second copy")
        parser.add_argument("--copy", action="store_true", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Print it."""
        sheet = sheet_of(loaded_policy(arguments, terminal), is_copy=arguments.copy)
        languages = [gettext_of(name) for name in arguments.language or LANGUAGES]
        if arguments.html is not None:
            with backup_refusals():
                write_once(arguments.html, as_html(sheet, languages).encode())
            terminal.say(sentence("Print {path}, then remove it.", path=arguments.html))
        elif arguments.json:
            terminal.json({"text": as_text(sheet, languages)})
        else:
            print(as_text(sheet, languages), file=terminal.out, flush=True)
        return Exit.DONE


def gettext_of(language: str) -> Gettext:
    """The translations of one language, whatever the person's own is."""
    return load_language(LOCALE, {"LANG": language}).gettext


def sheet_of(policy: BackupPolicy, *, is_copy: bool) -> Sheet:
    """The sheet of the target or of the second copy."""
    rule = policy.copy if is_copy else policy.target
    if rule is None:
        raise CommandRefused(sentence("the policy has no second copy"))
    with backup_refusals():
        key = load_key(Path(rule.key_file))
        pinned = pinned_key(rule) if rule.address.startswith("sftp://") else ""
    made = now().date().isoformat()
    return Sheet(policy.site, policy.host, rule.address, rule.engine, key, made, rule.credentials or "", pinned)


COMMAND = KeysSheet()

"""`sitewarden-agent backup keys init`: a new key of this site, made here and kept here."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from agent.commands.saving import add_backup_arguments, backup_refusals, loaded_policy
from remediation.backup.app import tools
from remediation.backup.keys.key_file import write_key
from remediation.backup.keys.spelling import KEY_BYTES, fingerprint
from terminal import Exit, Terminal
from wire.sentence import sentence


class KeysInit:
    """For the target, and for the second copy where there is one: two keys."""

    name = "backup keys init"
    summary = sentence("Make the key of this site's backup. It belongs to the site; print its sheet at once.")
    examples: Sequence[str] = ("sudo sitewarden-agent backup keys init",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Which policy."""
        add_backup_arguments(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Write the key files that the policy names; refused where one is."""
        policy = loaded_policy(arguments, terminal)
        for rule in (policy.target, policy.copy):
            if rule is None or (rule is policy.copy and Path(rule.key_file).exists()):
                continue
            key = tools().random_bytes(KEY_BYTES)
            with backup_refusals():
                write_key(Path(rule.key_file), key)
            if arguments.json:
                terminal.json({"path": rule.key_file, "name": fingerprint(key)})
            else:
                terminal.say(sentence("key {name}: {path}", name=fingerprint(key), path=rule.key_file))
        if not arguments.json:
            terminal.say(sentence("Print its sheet now: sitewarden-agent backup keys sheet --html sheet.html"))
        return Exit.DONE


COMMAND = KeysInit()

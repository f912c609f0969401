"""`sitewarden-agent backup keys rotate`: another key for the same backup."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from agent.commands.person import add_yes_argument, demand_yes
from agent.commands.saving import add_backup_arguments, opened_site
from remediation.backup.app import now, tools
from remediation.backup.keeping import SiteBackup
from remediation.backup.keys.archive_lock import ArchiveLock
from remediation.backup.keys.changing import Lock, rotate
from remediation.backup.keys.key_file import load_key
from remediation.backup.keys.spelling import KEY_BYTES, fingerprint
from remediation.backup.opening import CACHE, open_archive, open_restic
from terminal import Exit, Terminal
from wire.documents.backups import Act, Deed
from wire.sentence import sentence


class KeysRotate:
    """The new key opens before the old one stops opening."""

    name = "backup keys rotate"
    summary = sentence("Replace the key of the backup; sheets of the old key are then worthless.")
    examples: Sequence[str] = ("sudo sitewarden-agent backup keys rotate",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Which policy."""
        add_backup_arguments(parser, terminal)
        add_yes_argument(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when the new key is in place."""
        with opened_site(arguments, terminal) as site:
            started_at, path = now(), Path(site.policy.target.key_file)
            demand_yes(sentence("Replace the key? Printed sheets become worthless."), arguments, terminal)
            rotate(path, tools().random_bytes(KEY_BYTES), lambda key: lock_of(site, key))
            site.note(Deed(act=Act.KEYS, is_good=True, started_at=started_at, ended_at=now(), code="rotated"))
            name = fingerprint(load_key(path))
        if arguments.json:
            terminal.json({"name": name})
        else:
            terminal.say(sentence("The key is {name} now. Print its sheet, and destroy the old one.", name=name))
        return Exit.DONE


def lock_of(site: SiteBackup, key: bytes) -> Lock:
    """The target of this site, opened with this key."""
    rule, cache = site.policy.target, Path(site.policy.state) / CACHE
    if rule.engine == "restic":
        from remediation.backup.keys.restic_lock import ResticLock  # noqa: PLC0415  # only where restic is used

        return ResticLock(open_restic(rule, key, cache, tools(), site.policy.limits))
    return ArchiveLock(open_archive(rule, key, cache, tools(), site.policy.limits))


COMMAND = KeysRotate()

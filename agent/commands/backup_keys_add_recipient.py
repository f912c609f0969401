"""`sitewarden-agent backup keys add-recipient`: a second key that opens the backup too."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from agent.commands.backup_keys_rotate import lock_of
from agent.commands.saving import add_backup_arguments, opened_site
from remediation.backup.app import now, tools
from remediation.backup.keys.key_file import load_key, write_key
from remediation.backup.keys.spelling import KEY_BYTES, fingerprint
from terminal import Exit, Terminal
from wire.documents.backups import Act, Deed
from wire.sentence import sentence


class KeysAddRecipient:
    """For a trustee, or for the receiver's side that prunes. The vendor holds none by default."""

    name = "backup keys add-recipient"
    summary = sentence("Make a second key that opens the backup, for somebody the site trusts as much as itself.")
    examples: Sequence[str] = ("sudo sitewarden-agent backup keys add-recipient /media/usb/trustee.key",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Where the second key goes."""
        add_backup_arguments(parser, terminal)
        words = sentence("the new key file; it should not stay on this server")
        parser.add_argument("file", type=Path, metavar="FILE", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when it opens the target."""
        with opened_site(arguments, terminal) as site:
            started_at, key = now(), tools().random_bytes(KEY_BYTES)
            lock = lock_of(site, load_key(Path(site.policy.target.key_file)))
            lock.opened_by()
            write_key(arguments.file, key)
            lock.admit(key)
            count = len(lock.recipients())
            deed = Deed(
                act=Act.KEYS,
                is_good=True,
                started_at=started_at,
                ended_at=now(),
                code="admitted",
                counts={"keys": count},
            )
            site.note(deed)
        if arguments.json:
            terminal.json({"path": str(arguments.file), "name": fingerprint(key), "keys": count})
        else:
            words = sentence(
                "key {name}: {path}; {count} keys open it", name=fingerprint(key), path=arguments.file, count=count
            )
            terminal.say(words)
        return Exit.DONE


COMMAND = KeysAddRecipient()

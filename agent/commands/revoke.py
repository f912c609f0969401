"""`sitewarden-agent revoke`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from agent.app import new_document_id, now
from agent.commands.handing import stop_at_once, write_out
from agent.commands.loading import load_settings
from agent.commands.maintained import add_folder_argument, add_json_argument, executor_folder, this_place
from agent.commands.person import add_yes_argument, demand_yes
from remediation.executor.sources import SOCKET_NAME
from terminal import CommandRefused, Exit, Terminal
from wire.documents.model import Revocation, write_document
from wire.sentence import sentence

_ID: Final = re.compile(r"[0-9a-f]{32}")
_LONG: Final = timedelta(days=365)


class Revoke:
    """Takes back an approval or a request. Needs no key: it only stops."""

    name = "revoke"
    summary = sentence("Take back an approval or a request by its id; it never counts on this server again.")
    examples: Sequence[str] = ("sudo sitewarden-agent revoke 0f3c9a7be1d24c58a6f0b7d9e2c41a35",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """What, and why."""
        say = terminal.text
        add_folder_argument(parser, terminal)
        add_json_argument(parser, terminal)
        add_yes_argument(parser, terminal)
        parser.add_argument("id", metavar="ID", help=say(sentence("the id of the approval or request")))
        parser.add_argument("--reason", default="", metavar="TEXT", help=say(sentence("why")))
        words = sentence("write the revocation there too, to carry it elsewhere")
        parser.add_argument("--out", type=Path, metavar="FILE", help=say(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Ask, stop."""
        if not _ID.fullmatch(arguments.id):
            raise CommandRefused(sentence("an id has 32 hexadecimal digits"))
        folder = executor_folder(arguments, terminal)
        place = this_place(folder)
        if place is None:
            raise CommandRefused(sentence("the executor does not know yet which server this is"), Exit.FAILED)
        demand_yes(sentence("Revoke {id} for ever?", id=arguments.id), arguments, terminal)
        revocation = Revocation(
            id=new_document_id(),
            site=place.site,
            hosts=[place.host],
            made_at=now(),
            not_before=now(),
            not_after=now() + _LONG,
            revokes=arguments.id,
            reason=arguments.reason[:500],
        )
        envelope = write_document(revocation)
        if arguments.out is not None:
            write_out(arguments.out, envelope, terminal)
        stop_at_once(revocation, envelope, folder, _socket(arguments, folder, terminal))
        if arguments.json:
            terminal.json({"revoked": arguments.id})
        else:
            terminal.say(sentence("Revoked: {id}", id=arguments.id))
        return Exit.DONE


def _socket(arguments: argparse.Namespace, folder: Path, terminal: Terminal) -> Path:
    if arguments.folder is not None:
        return folder / SOCKET_NAME
    return Path(str(load_settings(arguments, terminal).settings.executor.socket))


COMMAND = Revoke()

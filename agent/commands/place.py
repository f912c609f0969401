"""`sitewarden-agent place`: tells the executor which host this is."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from agent.commands.loading import add_settings_argument, load_settings
from agent.settings.model import Settings
from agent.uplink.identity import Identity, IdentityBroken, read_identity
from remediation.durable import PRIVATE_FOLDER
from remediation.executor.place import PlaceFile, PlaceUnknown, read_place, save_place
from terminal import CommandRefused, Exit, Terminal
from wire.keys import public_text
from wire.sentence import sentence


class OtherPlace(Exception):
    """The executor acts for another place already."""

    def __init__(self, known: PlaceFile) -> None:
        super().__init__(f"{known.host} at {known.site}")
        self.known = known


class SetPlace:
    """Writes site, host and public keys of the enrolment into the executor's own folder."""

    name = "place"
    summary = sentence("Tell the executor which host of which site this is, if enrolment could not; as its owner.")
    examples: Sequence[str] = ("sudo sitewarden-agent place", "sudo sitewarden-agent place --replace")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Settings, and whether another place may be replaced."""
        add_settings_argument(parser, terminal)
        words = sentence("replace the place that the executor knows")
        parser.add_argument("--replace", action="store_true", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Write the file; refused when it says something else already."""
        settings = load_settings(arguments, terminal).settings
        folder = Path(str(settings.executor.folder))
        try:
            identity = read_identity(Path(settings.state))
        except IdentityBroken as broken:
            raise CommandRefused(sentence("{problem}", problem=str(broken)), Exit.FAILED) from broken
        if identity is None:
            raise CommandRefused(sentence("this server is not enrolled yet"), Exit.FAILED)
        try:
            wanted = tell_executor(settings, identity, replace=arguments.replace)
        except OtherPlace as other:
            known = other.known
            words = sentence("the executor knows another place: {host} at {site}", host=known.host, site=known.site)
            raise CommandRefused(words, Exit.FAILED) from other
        except OSError as error:
            words = sentence("{path} cannot be written: {problem}", path=folder, problem=error.strerror)
            raise CommandRefused(words, Exit.FAILED) from error
        terminal.say(sentence("The executor acts for {host} at {site}.", host=wanted.host, site=wanted.site))
        return Exit.DONE


def tell_executor(settings: Settings, identity: Identity, *, replace: bool) -> PlaceFile:
    """Write the place; `OtherPlace` when it says something else already, OSError when the folder is not ours."""
    folder, wanted = Path(str(settings.executor.folder)), place_of(identity)
    known = _known(folder)
    if known is not None and known != wanted and not replace:
        raise OtherPlace(known)
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    save_place(folder, wanted)
    return wanted


def place_of(identity: Identity) -> PlaceFile:
    """The place of an enrolled host."""
    return PlaceFile(
        site=identity.site,
        host=identity.agent,
        host_key=public_text(identity.key),
        receipt_key=public_text(identity.receipt_key),
    )


def _known(folder: Path) -> PlaceFile | None:
    try:
        return read_place(folder)
    except PlaceUnknown:
        return None


COMMAND = SetPlace()

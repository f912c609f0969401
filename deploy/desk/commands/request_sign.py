"""`sitewarden request sign`: a draft from a ticket page becomes a signed request, at the desk."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import msgspec

from deploy.desk.asking.console import ConsoleRefused
from deploy.desk.asking.progress import Progress, read_progress
from deploy.desk.asking.wish import Wish, WishRefused
from deploy.desk.commands.asking import add_signing_arguments, hand_on, in_path, logged_in, signed_request
from terminal import Exit, Terminal
from wire.sentence import sentence


class RequestSign:
    """Believes nothing of the draft: what does not fit the verified actions is not signed."""

    name = "request sign"
    summary = sentence("check a draft of the ticket page, show it, sign it with your key, send it")
    examples: Sequence[str] = ("sitewarden request sign 3f9a0c2e71b45d60a1b2c3d4e5f60718 --key lee.key",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_signing_arguments(parser, terminal)
        words = sentence("write the signed request to this file instead of sending it")
        parser.add_argument("--out", type=Path, metavar="FILE", help=terminal.text(words))
        words = sentence("the draft's id, as the ticket page shows it")
        parser.add_argument("draft", metavar="DRAFT", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Fetch, check, show, sign, send."""
        with logged_in() as console:
            try:
                draft = read_progress(console.get(f"/v1/requests/{in_path(arguments.draft)}"))
            except msgspec.ValidationError as error:
                raise ConsoleRefused(sentence("this is no draft: {problem}", problem=str(error))) from error
            wish = _wish(draft, arguments.draft)
            envelope, _ = signed_request(wish, console, arguments, terminal, id_=draft.id)
            hand_on(envelope, console, arguments, terminal, arguments.out)
        return Exit.DONE


def _wish(draft: Progress, asked_for: str) -> Wish:
    if not draft.is_draft or draft.id != asked_for:
        raise WishRefused(sentence("{id} is no draft that waits for a signature", id=asked_for))
    return Wish(
        site=draft.site,
        hosts=[host.agent for host in draft.hosts],
        product=draft.product,
        action=draft.action,
        parameters=draft.parameters,
        reason=draft.reason,
        ticket=draft.ticket,
    )


COMMAND = RequestSign()

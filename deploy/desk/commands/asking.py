"""What the `login` and `request` commands share: the log-in, a yes, a signed request, sending it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from deploy.desk.app import config_folder, new_document_id, now, type_line
from deploy.desk.asking.account import AccountRefused, load_account
from deploy.desk.asking.console import Console, ConsoleRefused
from deploy.desk.asking.verified import ActionsRefused, verified_actions
from deploy.desk.asking.wish import Wish, WishRefused, as_request, as_span, checked_action
from deploy.desk.commands.documents import describe, shown, view
from deploy.desk.commands.keys import add_json_argument, add_passphrase_argument, opened_key
from remediation.durable import write_durably
from remediation.trust.collection import what_is_collected
from remediation.trust.targets import Action
from terminal import CommandRefused, Exit, Terminal
from wire.documents.envelope import Envelope, add_signature, encode_envelope
from wire.documents.model import ActionRequest, read_document, write_document
from wire.sentence import sentence

READABLE: Final = 0o644
YES: Final = frozenset({"y", "yes", "예", "네", "是"})


@contextmanager
def asking() -> Iterator[None]:
    """Whatever is refused on the way becomes a refused command."""
    try:
        yield
    except (WishRefused, ActionsRefused, AccountRefused, ConsoleRefused) as refused:
        raise CommandRefused(refused.why, Exit.FAILED) from refused


@contextmanager
def logged_in() -> Iterator[Console]:
    """The collector where this user is logged in."""
    with asking():
        account = load_account(config_folder(), now())
        ca_file = Path(account.ca_file) if account.ca_file else None
        console = Console(account.address, token=account.token, ca_file=ca_file)
        try:
            yield console
        finally:
            console.close()


def in_path(text: str) -> str:
    """A typed id as one segment of a path."""
    return quote(text, safe="")


def add_vendor_arguments(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """`--vendor-root` and `--repository`."""
    words = sentence("the vendor's first root; needed once, kept for later")
    parser.add_argument("--vendor-root", type=Path, metavar="FILE", help=terminal.text(words))
    words = sentence("a published folder of your own, instead of the collector's copy")
    parser.add_argument("--repository", type=Path, metavar="DIR", help=terminal.text(words))


def add_signing_arguments(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """`--key`, `--for`, `--yes`, and the rest of signing."""
    add_json_argument(parser, terminal)
    add_passphrase_argument(parser, terminal)
    add_vendor_arguments(parser, terminal)
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help=terminal.text(sentence("the key file")))
    words = sentence("how long the request holds, such as 30m, 2h or 3d (default: 2h)")
    parser.add_argument("--for", dest="span", default="2h", metavar="TIME", help=terminal.text(words))
    parser.add_argument("--yes", action="store_true", help=terminal.text(sentence("do not ask")))


def signed_request(
    wish: Wish, console: Console | None, arguments: argparse.Namespace, terminal: Terminal, *, id_: str = ""
) -> tuple[Envelope, ActionRequest]:
    """Check the wish against verified actions, show it in words, ask, sign."""
    at = now()
    offered = verified_actions(
        config_folder(),
        root=arguments.vendor_root,
        repository=arguments.repository,
        console=console,
        product=wish.product,
        now=at,
    )
    digest, action = checked_action(wish, offered)
    request = as_request(wish, digest, id_=id_ or new_document_id(), now=at, span=as_span(arguments.span))
    envelope = write_document(request)
    if not arguments.json:
        _show(envelope, request, action, terminal)
    demand_yes(arguments, terminal)
    return add_signature(envelope, opened_key(arguments.key, arguments, terminal)), request


def demand_yes(arguments: argparse.Namespace, terminal: Terminal) -> None:
    """Go on after a yes; anything else is a no."""
    if arguments.yes:
        return
    answer = type_line(terminal.text(sentence("Sign exactly this? [yes/no] ")))
    if answer.strip().casefold() not in YES:
        raise CommandRefused(sentence("nothing was signed"), Exit.FAILED)


def hand_on(
    envelope: Envelope, console: Console | None, arguments: argparse.Namespace, terminal: Terminal, out: Path | None
) -> None:
    """Write it to a file, or send it."""
    request = view(envelope, read_document(envelope))
    if out is not None:
        try:
            write_durably(out, encode_envelope(envelope), mode=READABLE)
        except OSError as error:
            words = sentence("{path} cannot be written: {reason}", path=out, reason=error.strerror or str(error))
            raise CommandRefused(words, Exit.FAILED) from error
        words = sentence("signed:   {path}", path=out)
    elif console is not None:
        send(console, encode_envelope(envelope))
        words = sentence("sent. Follow it: sitewarden request status {id}", id=request["document"]["id"])
    else:
        raise CommandRefused(sentence("name a file with --out, or log in and use --send"))
    if arguments.json:
        terminal.json(request)
    else:
        terminal.say(words)


def send(console: Console, raw: bytes) -> Any:
    """Hand a signed document to the collector."""
    return console.post("/v1/documents", raw)


def _show(envelope: Envelope, request: ActionRequest, action: Action, terminal: Terminal) -> None:
    """The request in words, and the program that the vendor signed for it."""
    for words in describe(envelope, request):
        terminal.say(words)
    terminal.say(sentence("is:       {title}; risk: {risk}", title=shown(action.title.en), risk=action.risk))
    steps = (("before:", action.precheck), ("runs:", action.run), ("undo:", action.undo))
    for name, step in steps:
        if step is not None:
            terminal.say(sentence("{name}{argv}", name=name.ljust(10), argv=shown(" ".join(step.argv))))
    for what in what_is_collected(action.collect) if action.collect else []:
        terminal.say(sentence("{name}{argv}", name="collects:".ljust(10), argv=shown(what)))

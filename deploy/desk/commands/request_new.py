"""`sitewarden request new`: a request, made, shown, signed, and sent or written to a file."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.desk.asking.console import Console, ConsoleRefused
from deploy.desk.asking.wish import Wish, as_parameters, hosts_named
from deploy.desk.commands.asking import add_signing_arguments, asking, hand_on, in_path, logged_in, signed_request
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class RequestNew:
    """With --site, --host and --product it needs no collector, unless it is to be sent."""

    name = "request new"
    summary = sentence("ask customers' servers for an action: check it, show it, sign it, send it")
    examples: Sequence[str] = (
        "sitewarden request new --ticket 2026-000042 --action free-space --reason disk --key lee.key --send",
        "sitewarden request new --site seoul --host ID --product his --action free-space --reason disk --key k --out r",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_signing_arguments(parser, terminal)
        parser.add_argument("--ticket", default="", metavar="NUMBER", help=say(sentence("the ticket's number")))
        words = sentence("the action's name, as `request actions` lists it")
        parser.add_argument("--action", required=True, metavar="NAME", help=say(words))
        words = sentence("a parameter of the action; may be repeated")
        parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", help=say(words))
        words = sentence("why, for the customer to read")
        parser.add_argument("--reason", required=True, metavar="TEXT", help=say(words))
        words = sentence("host names or agent ids (default: those that the ticket speaks of)")
        parser.add_argument(
            "--host", "--hosts", dest="hosts", action="extend", nargs="+", default=[], metavar="HOST", help=say(words)
        )
        parser.add_argument("--site", metavar="ID", help=say(sentence("without a collector: the site")))
        parser.add_argument("--product", metavar="NAME", help=say(sentence("without a collector: the product")))
        group = parser.add_mutually_exclusive_group(required=True)
        group.add_argument("--out", type=Path, metavar="FILE", help=say(sentence("the file to write")))
        group.add_argument("--send", action="store_true", help=say(sentence("send it through the collector")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Make it and hand it on."""
        is_offline = bool(arguments.site and arguments.product and arguments.hosts)
        if not is_offline and not arguments.ticket:
            raise CommandRefused(sentence("name the ticket with --ticket, or --site, --host and --product"))
        with _collector(arguments, is_offline=is_offline) as console:
            wish = _wish(arguments, None if is_offline else _known(console, arguments.ticket))
            envelope, _ = signed_request(wish, console, arguments, terminal)
            hand_on(envelope, console, arguments, terminal, arguments.out)
        return Exit.DONE


@contextmanager
def _collector(arguments: argparse.Namespace, *, is_offline: bool) -> Iterator[Console | None]:
    if is_offline and not arguments.send:
        with asking():
            yield None
    else:
        with logged_in() as console:
            yield console


def _known(console: Console | None, ticket: str) -> Mapping[str, Any]:
    """What the collector says of the ticket: names, to be shown before anything is signed."""
    said: Any = console.get(f"/v1/tickets/{in_path(ticket)}/actions") if console else None
    try:
        hosts = {str(each["agent"]): str(each["hostname"]) for each in said["hosts"]}
        named = [str(each["agent"]) for each in said["hosts"] if each["named"]]
        return {"site": str(said["site"]), "product": str(said["product"]), "hosts": hosts, "named": named}
    except (KeyError, TypeError) as error:
        raise ConsoleRefused(sentence("the collector did not say what the ticket is about")) from error


def _wish(arguments: argparse.Namespace, known: Mapping[str, Any] | None) -> Wish:
    if known is None:
        hosts = sorted(set(arguments.hosts))
    else:
        hosts = hosts_named(arguments.hosts, known["hosts"], known["named"])
    return Wish(
        site=arguments.site or (known or {})["site"],
        hosts=hosts,
        product=arguments.product or (known or {})["product"],
        action=arguments.action,
        parameters=as_parameters(arguments.parameter),
        reason=arguments.reason.strip(),
        ticket=arguments.ticket,
    )


COMMAND = RequestNew()

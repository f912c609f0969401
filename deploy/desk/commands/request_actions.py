"""`sitewarden request actions`: what may be asked for on a ticket, as the vendor has signed it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import msgspec

from deploy.desk.app import config_folder, now
from deploy.desk.asking.console import text_in
from deploy.desk.asking.verified import verified_actions
from deploy.desk.commands.asking import add_vendor_arguments, in_path, logged_in
from deploy.desk.commands.documents import shown
from deploy.desk.commands.keys import add_json_argument
from remediation.trust.targets import Actions, ParameterRule
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence

CHOICES_SHOWN = 6


class RequestActions:
    """The collector says which product the ticket is of; the vendor's signature says which actions there are."""

    name = "request actions"
    summary = sentence("list the actions that the vendor has signed for a ticket's product")
    examples: Sequence[str] = (
        "sitewarden request actions --ticket 2026-000042",
        "sitewarden request actions --ticket 2026-000042 --vendor-root root.json",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_json_argument(parser, terminal)
        add_vendor_arguments(parser, terminal)
        words = sentence("the ticket's number")
        parser.add_argument("--ticket", required=True, metavar="NUMBER", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Verify and list."""
        with logged_in() as console:
            product = text_in(console.get(f"/v1/tickets/{in_path(arguments.ticket)}/actions"), "product")
            offered = verified_actions(
                config_folder(),
                root=arguments.vendor_root,
                repository=arguments.repository,
                console=console,
                product=product,
                now=now(),
            )
        if product not in offered:
            words = sentence("the vendor has signed no actions for {product}", product=shown(product))
            raise CommandRefused(words, Exit.FAILED)
        _, actions = offered[product]
        if arguments.json:
            terminal.json({"product": product, "actions": msgspec.to_builtins(actions.actions)})
        else:
            _tell(actions, terminal)
        return Exit.DONE


def _tell(actions: Actions, terminal: Terminal) -> None:
    heads = [sentence("action"), sentence("risk"), sentence("parameters"), sentence("title")]
    rows = [
        [
            action.name,
            action.risk,
            " ".join(f"{name}={_words(rule)}" for name, rule in action.parameters.items()) or "-",
            shown(action.title.in_language(terminal.language.info().get("language", "en"))),
        ]
        for action in actions.actions
    ]
    terminal.table(heads, rows)


def _words(rule: ParameterRule) -> str:
    if rule.kind == "number":
        return f"{rule.minimum}..{rule.maximum}"
    if rule.kind == "choice":
        left = len(rule.choices) - CHOICES_SHOWN
        return "|".join(rule.choices[:CHOICES_SHOWN]) + (f"|+{left}" if left > 0 else "")
    return rule.kind.upper()


COMMAND = RequestActions()

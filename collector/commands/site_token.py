"""`sitewarden-collector site token`: one more enrolment token."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.commands.tokens import issuing, print_token
from collector.fleet.service import add_token
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class SiteToken:
    """Make a token for one more server of a site."""

    name = "site token"
    summary = sentence("print a further enrolment token of a site, for one more server")
    examples = ("sitewarden-collector site token seoul-hospital",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument("id", metavar="ID", help=terminal.text(sentence("the site")))
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print one JSON object")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Make it."""
        with opened(arguments, terminal) as parts:
            token = add_token(parts.store, arguments.id, issue=issuing(parts), now=parts.now())
            print_token(parts, arguments.id, token, terminal, as_json=arguments.json)
        return Exit.DONE


COMMAND = SiteToken()

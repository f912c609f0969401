"""`sitewarden-collector site add`: a new site and its first enrolment token."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.commands.tokens import issuing, print_token
from collector.fleet.model import Site
from collector.fleet.service import LANGUAGES, add_site
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class SiteAdd:
    """Make a site."""

    name = "site add"
    summary = sentence("add a site and print the token with which its first server enrols")
    examples = (
        "sitewarden-collector site add seoul-hospital --name 'Seoul Hospital' --customer 'Hanbit' --tz Asia/Seoul",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument("id", metavar="ID", help=say(sentence("a short name: small letters, digits, - and _")))
        parser.add_argument("--name", required=True, help=say(sentence("the site's name")))
        parser.add_argument("--customer", required=True, help=say(sentence("whose site it is")))
        parser.add_argument("--tz", required=True, help=say(sentence("its time zone, such as Asia/Seoul")))
        parser.add_argument("--language", default="en", choices=LANGUAGES, help=say(sentence("its language")))
        parser.add_argument("--json", action="store_true", help=say(sentence("print one JSON object")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Add it."""
        with opened(arguments, terminal) as parts:
            added = Site(
                id=arguments.id,
                name=arguments.name,
                customer=arguments.customer,
                tz=arguments.tz,
                language=arguments.language,
                created_at=parts.now(),
            )
            token = add_site(parts.store, added, issue=issuing(parts))
            print_token(parts, added.id, token, terminal, as_json=arguments.json)
        return Exit.DONE


COMMAND = SiteAdd()

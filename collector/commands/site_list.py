"""`sitewarden-collector site list`."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.fleet import service
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class SiteList:
    """Show every site."""

    name = "site list"
    summary = sentence("list the sites")
    examples = ("sitewarden-collector site list --json",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        words = sentence("one JSON object for every site")
        parser.add_argument("--json", action="store_true", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """List them."""
        with opened(arguments, terminal) as parts:
            sites = service.sites(parts.store)
        if arguments.json:
            for site in sites:
                terminal.json({**vars(site), "created_at": site.created_at.isoformat()})
        else:
            heads = [sentence("site"), sentence("name"), sentence("customer"), sentence("zone")]
            terminal.table(heads, [[site.id, site.name, site.customer, site.tz] for site in sites])
        return Exit.DONE


COMMAND = SiteList()

"""`sitewarden-collector backup list`: which sites have proven their backups."""

from __future__ import annotations

import argparse

from collector.backups.endpoints import allowed_age
from collector.backups.reading import verdicts
from collector.backups.standing import Standing, site_is_green
from collector.commands.opening import opened
from collector.fleet import repository as fleet
from collector.settings.reading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class BackupList:
    """One line a site."""

    name = "backup list"
    summary = sentence("list which sites have proven that their backups can be restored")
    examples = ("sitewarden-collector backup list", "sitewarden-collector backup list --json")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_settings_argument(parser, terminal)
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Print it; 1 when a site is not proven, so that a script notices."""
        with opened(arguments, terminal) as parts, parts.store.reading() as connection:
            found = verdicts(connection, parts.now(), allowed_age(parts))
            sites = [(site, found.get(site.id, [])) for site in fleet.list_sites(connection)]
        views = [
            {
                "site": site.id,
                "is_green": site_is_green(hosts),
                "hosts": len(hosts),
                **{standing.value: sum(each.standing is standing for each in hosts) for standing in Standing},
            }
            for site, hosts in sites
        ]
        if arguments.json:
            terminal.json({"sites": views})
        else:
            heads = [sentence("site"), sentence("green"), sentence("hosts"), sentence("proven"), sentence("failed")]
            yes, no = terminal.text(sentence("yes")), terminal.text(sentence("no"))
            rows = [[str(view[key]) for key in ("site", "hosts", "proven", "failed")] for view in views]
            terminal.table(
                heads,
                [[row[0], yes if view["is_green"] else no, *row[1:]] for row, view in zip(rows, views, strict=True)],
            )
        return Exit.DONE if all(view["is_green"] for view in views) else Exit.FAILED


COMMAND = BackupList()

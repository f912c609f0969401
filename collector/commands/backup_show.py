"""`sitewarden-collector backup show`: one site's backups, or one proof as its host signed it."""

from __future__ import annotations

import argparse

from collector.backups.endpoints import allowed_age
from collector.backups.model import HostBackups
from collector.backups.reading import backups_of, find_proof
from collector.backups.view import host_view, site_view
from collector.commands.opening import opened
from collector.fleet import repository as fleet
from collector.parts import Parts
from collector.settings.reading import add_settings_argument
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence

LINES = 20  # runs and drills of each host; --json has all


class BackupShow:
    """Hosts first, then what they did."""

    name = "backup show"
    summary = sentence("show a site's backups: what is proven, what would be lost, runs and drills")
    examples = (
        "sitewarden-collector backup show seoul-hospital",
        "sitewarden-collector backup show seoul-hospital --json",
        "sitewarden-collector backup show seoul-hospital --proof 17 > proof.json",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument("site", metavar="SITE", help=say(sentence("the site")))
        parser.add_argument(
            "--proof", type=int, metavar="ID", help=say(sentence("print this proof as its host signed it"))
        )
        parser.add_argument("--json", action="store_true", help=say(sentence("print one JSON object")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Print it."""
        with opened(arguments, terminal) as parts:
            if arguments.proof is not None:
                return _print_proof(parts, arguments.site, arguments.proof, terminal)
            now = parts.now()
            with parts.store.reading() as connection:
                site = fleet.find_site(connection, arguments.site)
                if site is None:
                    raise CommandRefused(sentence("there is no site {site}", site=arguments.site), Exit.FAILED)
                hosts = backups_of(connection, site.id, site.tz, now, allowed_age(parts))
            if arguments.json:
                terminal.json(site_view(site.id, hosts, now))
            else:
                views = [host_view(host, now, with_proofs=False) for host in hosts]
                keys = ("hostname", "standing", "proven_at", "rto_s", "would_be_lost_s", "snapshot_at")
                terminal.table(
                    [
                        sentence("host"),
                        sentence("standing"),
                        sentence("proven at"),
                        sentence("recovery time (s)"),
                        sentence("would be lost (s)"),
                        sentence("last snapshot"),
                    ],
                    [[_said(view[key]) for key in keys] for view in views],
                )
                _print_deeds(hosts, terminal)
        return Exit.DONE


def _print_deeds(hosts: list[HostBackups], terminal: Terminal) -> None:
    heads = [
        sentence("proof"),
        sentence("host"),
        sentence("ended"),
        sentence("what"),
        sentence("good"),
        sentence("why not"),
    ]
    rows = [
        [
            str(each.id),
            host.hostname,
            each.at.isoformat(timespec="seconds"),
            each.deed.act.value + ("" if each.deed.level is None else f" {each.deed.level}"),
            terminal.text(sentence("yes") if each.deed.is_good else sentence("no")),
            "" if each.deed.is_good else each.deed.reason or each.deed.code,
        ]
        for host in hosts
        for each in host.proofs[:LINES]
    ]
    if rows:
        terminal.table(heads, rows)


def _print_proof(parts: Parts, site: str, proof_id: int, terminal: Terminal) -> int:
    with parts.store.reading() as connection:
        found = find_proof(connection, proof_id, site)
    if found is None:
        raise CommandRefused(sentence("there is no proof {id} of this site", id=proof_id), Exit.FAILED)
    terminal.out.write(found[1].decode())
    return Exit.DONE


def _said(value: object) -> str:
    return "-" if value is None else str(value)


COMMAND = BackupShow()

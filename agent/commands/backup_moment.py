"""`sitewarden-agent backup moment`: a whole PostgreSQL as it was at one moment, as a data folder."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from os import geteuid
from pathlib import Path

from agent.commands.maintained import shown
from agent.commands.rescuing import bench_of, brought_dump, rule_of
from agent.commands.saving import add_backup_arguments, opened_site
from remediation.backup.app import now
from remediation.backup.engines.port import Engine
from remediation.backup.errors import BackupError, RestoreRefused
from remediation.backup.flushing import flush_file_systems
from remediation.backup.keeping import SiteBackup
from remediation.backup.manifest import Moments
from remediation.backup.model import Snapshot
from remediation.backup.restoring import read_manifest
from remediation.backup.running import failed_deed
from remediation.backup.scratch.folder import checked_account
from remediation.backup.scratch.postgresql_moment import recover_into
from remediation.backup.sources.postgresql_cluster import ENGINE
from terminal import CommandRefused, Exit, Terminal
from wire.documents.backups import Act, Deed
from wire.sentence import sentence

ROWS = 100  # snapshots that are listed


class BackupMoment:
    """Without --at it says which moments there are."""

    name = "backup moment"
    summary = sentence("Bring a PostgreSQL cluster back to one moment, as a data folder to start a server on.")
    examples: Sequence[str] = (
        "sudo sitewarden-agent backup moment main",
        "sudo sitewarden-agent backup moment main --at 2026-11-22T10:04:00+09:00 --to /restored/main",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Which cluster, which moment, where to."""
        say = terminal.text
        add_backup_arguments(parser, terminal)
        words = sentence("the cluster, as the policy calls it")
        parser.add_argument("database", metavar="NAME", help=say(words))
        words = sentence("the moment, with its zone; without it, the moments that come back are listed")
        parser.add_argument("--at", metavar="TIME", help=say(words))
        parser.add_argument("--to", type=Path, metavar="DIR", help=say(sentence("an empty folder")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when it was brought back or listed."""
        moment = None if arguments.at is None else moment_of(arguments.at)
        if moment is not None and arguments.to is None:
            raise CommandRefused(sentence("say with --to into which empty folder"))
        with opened_site(arguments, terminal) as site:
            if rule_of(site, arguments.database).engine != ENGINE:
                words = sentence("{name} is not saved for a point in time: its engine is not {engine}",
                                 name=arguments.database, engine=ENGINE)  # fmt: skip
                raise RestoreRefused(words)
            if moment is None:
                return _say_moments(site.engine(), arguments, terminal)
            snapshot = _reaching(site.engine(), arguments.database, moment)
            _bring_back(site, snapshot, moment, arguments, terminal)
        if arguments.json:
            terminal.json({"snapshot": snapshot.id, "at": moment.isoformat(), "path": str(arguments.to)})
            return Exit.DONE
        words = sentence("{name} as of {at} lies in {path}.",
                         name=arguments.database, at=moment.isoformat(), path=shown(str(arguments.to)))  # fmt: skip
        terminal.say(words)
        terminal.say(
            sentence("Give it to the server's account (chown -R postgres), look at its configuration, start it.")
        )
        return Exit.DONE


def moment_of(text: str) -> datetime:
    """A moment as a person types it; a zone belongs to it."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        words = sentence("{text} is no moment with a zone, such as 2026-11-22T10:04:00+09:00", text=text)
        raise CommandRefused(words)
    return found


def _moments(engine: Engine, snapshots: Sequence[Snapshot], name: str) -> Iterator[tuple[Snapshot, Moments]]:
    for snapshot in snapshots:
        for facts in read_manifest(engine, snapshot).databases:
            if facts.name == name and facts.moments is not None:
                yield snapshot, facts.moments


def _say_moments(engine: Engine, arguments: argparse.Namespace, terminal: Terminal) -> int:
    found = list(_moments(engine, engine.snapshots()[-ROWS:], arguments.database))
    if arguments.json:
        rows = [
            {"snapshot": each.id, "since": moments.since.isoformat(), "until": moments.until.isoformat()}
            for each, moments in found
        ]
        terminal.json({"moments": rows})
        return Exit.DONE
    for snapshot, moments in found:
        words = sentence("{id}  any moment from {since} to {until}", id=snapshot.id[:12],
                         since=moments.since.isoformat(), until=moments.until.isoformat())  # fmt: skip
        terminal.say(words)
    if not found:
        terminal.say(sentence("No snapshot holds {name} yet.", name=arguments.database))
    return Exit.DONE


def _reaching(engine: Engine, name: str, moment: datetime) -> Snapshot:
    """The oldest snapshot that comes back to `moment`: the one with the least WAL to go through."""
    known = engine.snapshots()
    first = max(0, sum(each.at <= moment for each in known) - 1)  # one reaches a little beyond its own beginning
    for snapshot, moments in _moments(engine, known[first:], name):
        if moments.since <= moment <= moments.until:
            return snapshot
    words = sentence("no snapshot brings {name} back to {at}; without --at the moments are listed",
                     name=name, at=moment.isoformat())  # fmt: skip
    raise RestoreRefused(words)


def _bring_back(
    site: SiteBackup, snapshot: Snapshot, moment: datetime, arguments: argparse.Namespace, terminal: Terminal
) -> None:
    started_at = now()
    wanted = argparse.Namespace(**{**vars(arguments), "snapshot": snapshot.id})
    bench = bench_of(site)
    bench = replace(bench, account=checked_account(bench.account, geteuid()))
    try:
        with brought_dump(site, wanted, terminal) as brought:
            recover_into(bench, brought.facts, brought.dump, moment, brought.folder / "s", arguments.to)
            flush_file_systems([arguments.to])
    except BackupError as failure:
        site.note(failed_deed(Act.RESTORE, failure, started_at, now()))
        raise
    deed = Deed(
        act=Act.RESTORE,
        is_good=True,
        started_at=started_at,
        ended_at=now(),
        snapshot=snapshot.id,
        snapshot_at=snapshot.at,
        counts={"databases": 1},
    )
    site.note(deed)


COMMAND = BackupMoment()

"""What the commands that bring database content back begin with: the dump of a snapshot, the live database."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.commands.saving import progress
from remediation.backup.app import tools
from remediation.backup.errors import RestoreRefused
from remediation.backup.keeping import SiteBackup
from remediation.backup.manifest import DatabaseFacts
from remediation.backup.opening import login_of
from remediation.backup.policy_file import DatabaseRule
from remediation.backup.programs import Programs
from remediation.backup.rescue.tables import Database, MariadbDatabase, PostgresqlDatabase, SqliteDatabase
from remediation.backup.restoring import LATEST, find_snapshot, read_manifest, restore_below, selection_of
from remediation.backup.scratch.bench import Bench
from remediation.backup.scratch.folder import let_through, sweep
from terminal import Terminal
from wire.sentence import sentence

FOLDER: Final = "rescue"  # in the state folder, gone after each command


@dataclass(frozen=True)
class Brought:
    """The dump of one database, out of a snapshot."""

    rule: DatabaseRule
    facts: DatabaseFacts
    snapshot: str
    dump: Path
    folder: Path  # for a scratch server


def add_snapshot_argument(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """Declare --snapshot."""
    words = terminal.text(sentence("the beginning of a snapshot's name (default: the newest)"))
    parser.add_argument("--snapshot", default=LATEST, metavar="SNAPSHOT", help=words)


def rule_of(site: SiteBackup, name: str) -> DatabaseRule:
    """The database of the policy with that name."""
    for rule in site.policy.what.databases:
        if rule.name == name:
            return rule
    raise RestoreRefused(sentence("the policy names no database {name}", name=name))


@contextmanager
def brought_dump(site: SiteBackup, arguments: argparse.Namespace, terminal: Terminal) -> Iterator[Brought]:
    """The dump in a folder of its own, for the length of a block."""
    rule = rule_of(site, arguments.database)
    engine = site.engine()
    snapshot = find_snapshot(engine, arguments.snapshot)
    manifest = read_manifest(engine, snapshot)
    selection = selection_of(snapshot, manifest, (), rule.name)
    facts = next(facts for facts in manifest.databases if facts.name == rule.name)
    folder = Path(site.policy.state) / FOLDER
    sweep(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    let_through(folder, site.policy.drills.account)
    try:
        restore_below(engine, snapshot, selection, folder / "tree", progress(terminal, silent=arguments.json))
        dump = folder / "tree" / selection.paths[0].lstrip("/")
        yield Brought(rule, facts, snapshot.id, dump, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def bench_of(site: SiteBackup) -> Bench:
    """How scratch servers and clients are started here."""
    monotonic = tools().means.monotonic
    return Bench(Programs(monotonic), monotonic, account=site.policy.drills.account)


def live_database(rule: DatabaseRule) -> Database:
    """The live database of a rule."""
    if rule.engine == "postgresql":
        return PostgresqlDatabase(login_of(rule), rule.database or rule.name)
    if rule.engine == "mariadb":
        return MariadbDatabase(login_of(rule), rule.database or rule.name)
    if rule.engine == "sqlite":
        return SqliteDatabase(Path(str(rule.path)))
    raise RestoreRefused(sentence("there is no rescue for {engine}", engine=rule.engine))

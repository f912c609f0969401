"""`sitewarden-agent recover`: a bare machine, the recovery sheet, and nothing else."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from agent.commands.backup_keys_check_sheet import typed_sheet
from agent.commands.backup_list import say_snapshots
from agent.commands.backup_restore import say_preview, say_restored
from agent.commands.maintained import shown
from agent.commands.saving import backup_refusals, progress
from remediation.backup.engines.port import Engine
from remediation.backup.keys.drill import open_by_sheet
from remediation.backup.manifest import DatabaseFacts, Manifest
from remediation.backup.model import Selection, Snapshot
from remediation.backup.restoring import LATEST, find_snapshot, preview, read_manifest, restore_below
from remediation.backup.stage import DATABASES, stage_of
from terminal import Exit, Terminal
from wire.sentence import Sentence, sentence

LOADING = {
    "sqlite": sentence("copy content.sqlite to where the application looks for it"),
    "postgresql": sentence("createdb {name}; then pg_restore --dbname {name} content.dump; roles stand in roles.sql"),
    "postgresql-cluster": sentence(
        "unpack base.tar into an empty data folder and pg_wal.tar into its pg_wal; wal/ holds what was written since"
    ),
    "mariadb": sentence("create the database {name}, then feed the dump to the client `mariadb {name}`"),
    "redis": sentence("stop Redis, lay the image where it looks for dump.rdb, start it"),
}


class Recover:
    """Needs no settings, no policy, no enrolment."""

    name = "recover"
    summary = sentence("Bring a lost server back on a bare machine, with the recovery sheet alone.")
    examples: Sequence[str] = (
        "sitewarden-agent recover --sheet sheet.txt",
        "sitewarden-agent recover --sheet sheet.txt --to /restored",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """The sheet, and where to."""
        say = terminal.text
        words = sentence("the head of the sheet, typed in; - for standard input")
        parser.add_argument("--sheet", required=True, metavar="FILE", help=say(words))
        words = sentence("an empty folder for everything; without it the snapshots are listed")
        parser.add_argument("--to", type=Path, metavar="DIR", help=say(words))
        words = sentence("the beginning of a snapshot's name (default: the newest)")
        parser.add_argument("--snapshot", default=LATEST, metavar="SNAPSHOT", help=say(words))
        words = sentence("where the target lies here, if it is not where the sheet says")
        parser.add_argument("--target", default="", metavar="ADDRESS", help=say(words))
        words = sentence("the file with what the target itself asks for")
        parser.add_argument("--credentials", default="", metavar="FILE", help=say(words))
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when all came back."""
        sheet = typed_sheet(arguments.sheet)
        if arguments.target:
            sheet = type(sheet)(**{**vars(sheet), "target": arguments.target})
        with TemporaryDirectory(prefix="sitewarden-recover-") as cache, backup_refusals():
            engine = open_by_sheet(sheet, Path(cache), credentials=arguments.credentials)
            if arguments.to is None:
                say_snapshots(engine.snapshots(), terminal, as_json=arguments.json)
                return Exit.DONE
            snapshot = find_snapshot(engine, arguments.snapshot)
            return _bring_back(engine, snapshot, arguments, terminal)


def _bring_back(engine: Engine, snapshot: Snapshot, arguments: argparse.Namespace, terminal: Terminal) -> int:
    manifest = read_manifest(engine, snapshot)
    seen = preview(engine, snapshot, Selection(), arguments.to)
    say_preview(seen, snapshot, terminal, as_json=arguments.json)
    tell = progress(terminal, silent=arguments.json)
    code = say_restored(
        restore_below(engine, snapshot, Selection(), arguments.to, tell), terminal, as_json=arguments.json
    )
    if not arguments.json:
        for words in next_steps(manifest, snapshot, arguments.to):
            terminal.say(words)
    return code


def next_steps(manifest: Manifest, snapshot: Snapshot, into: Path) -> list[Sentence]:
    """What a person does now, in this order."""
    found = [sentence("Next:")]
    found += [
        sentence("- files: move {source} to {tree}", source=shown(f"{into}{tree}"), tree=shown(tree))
        for tree in manifest.trees
    ]
    for facts in manifest.databases:
        folder = f"{into}{stage_of(snapshot)}/{DATABASES}/{facts.name}"
        found.append(sentence("- database {name} in {folder}: {how}", name=facts.name, folder=folder, how=_how(facts)))
        rows = sum(facts.tables.values())
        words = sentence("it was {engine} {version} and held {tables} tables with {rows} rows",
                         engine=facts.engine, version=facts.version, tables=len(facts.tables), rows=rows)  # fmt: skip
        found.append(words)
    found.append(sentence("- then set up the agent and a backup policy again, and print a new sheet"))
    return found


def _how(facts: DatabaseFacts) -> Sentence:
    known = LOADING.get(facts.engine)
    return sentence("load the dump") if known is None else Sentence(known.id, {"name": facts.name})


COMMAND = Recover()

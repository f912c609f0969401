"""`sitewarden-agent backup show`: what one snapshot holds."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

import msgspec

from agent.commands.backup_list import snapshot_json
from agent.commands.maintained import shown
from agent.commands.saving import add_backup_arguments, opened_site
from remediation.backup.engines.port import Engine
from remediation.backup.manifest import Manifest
from remediation.backup.model import Selection, Snapshot
from remediation.backup.restoring import LATEST, find_snapshot, read_manifest
from terminal import Exit, Terminal
from wire.sentence import sentence

ENTRIES: Final = 10_000  # printed at most


class BackupShow:
    """The manifest: databases with versions and counts, trees; with a path, the entries below it."""

    name = "backup show"
    summary = sentence("Show what a snapshot holds: databases with their counts, trees, or the files below a path.")
    examples: Sequence[str] = (
        "sudo sitewarden-agent backup show",
        "sudo sitewarden-agent backup show 3f2a90 /srv/app",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Which snapshot, which path."""
        add_backup_arguments(parser, terminal)
        words = sentence("the beginning of a snapshot's name (default: the newest)")
        parser.add_argument("snapshot", nargs="?", default=LATEST, metavar="SNAPSHOT", help=terminal.text(words))
        words = sentence("list what is below this path")
        parser.add_argument("path", nargs="?", metavar="PATH", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Print it."""
        with opened_site(arguments, terminal) as site:
            engine = site.engine()
            snapshot = find_snapshot(engine, arguments.snapshot)
            if arguments.path:
                _entries(engine, snapshot, arguments.path, terminal, as_json=arguments.json)
            else:
                _say(snapshot, read_manifest(engine, snapshot), terminal, as_json=arguments.json)
        return Exit.DONE


def _entries(engine: Engine, snapshot: Snapshot, path: str, terminal: Terminal, *, as_json: bool) -> None:
    for number, entry in enumerate(engine.entries(snapshot.id, Selection((path,)))):
        if as_json:
            terminal.json({"path": entry.path, "kind": entry.kind, "size_bytes": entry.size_bytes})
        elif number == ENTRIES:
            terminal.say(sentence("... and more; name a longer path"))
            return
        else:
            terminal.say(sentence("{kind}  {size}  {path}", kind=entry.kind, size=entry.size_bytes, path=entry.path))


def _say(snapshot: Snapshot, manifest: Manifest, terminal: Terminal, *, as_json: bool) -> None:
    if as_json:
        terminal.json({**snapshot_json(snapshot), "manifest": msgspec.to_builtins(manifest)})
        return
    terminal.say(sentence("snapshot {id} of {host}, {at}", id=snapshot.id, host=manifest.host, at=snapshot.at))
    for tree in manifest.trees:
        terminal.say(sentence("tree      {path}", path=shown(tree)))
    for facts in manifest.databases:
        words = sentence(
            "database  {name}: {engine} {version}, {tables} tables, {rows} rows",
            name=facts.name,
            engine=facts.engine,
            version=facts.version,
            tables=len(facts.tables),
            rows=sum(facts.tables.values()),
        )
        terminal.say(words)
        for warning in facts.warnings:
            terminal.say(sentence("warning: {problem}", problem=warning))
    terminal.say(sentence("sample    {count} files, hashed when they were saved", count=len(manifest.files)))


COMMAND = BackupShow()

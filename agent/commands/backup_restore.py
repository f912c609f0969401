"""`sitewarden-agent backup restore`: bring back the site, some paths, or one database."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from agent.commands.person import add_yes_argument, demand_yes
from agent.commands.saving import add_backup_arguments, opened_site, progress
from remediation.backup.app import now
from remediation.backup.engines.port import Engine
from remediation.backup.errors import BackupError
from remediation.backup.keeping import SiteBackup
from remediation.backup.model import Restored, Selection, Snapshot
from remediation.backup.restoring import (
    LATEST,
    Preview,
    find_snapshot,
    preview,
    read_manifest,
    restore_below,
    restore_in_place,
    selection_of,
)
from remediation.backup.running import failed_deed
from terminal import CommandRefused, Exit, Terminal
from wire.documents.backups import Act, Deed
from wire.sentence import sentence

BESIDE = "restore"  # in the state folder: where a restore in place is unpacked first


class BackupRestore:
    """A preview first, then a yes, then the restore."""

    name = "backup restore"
    summary = sentence("Bring back the whole site, some paths or one database; shows first what would be written.")
    examples: Sequence[str] = (
        "sudo sitewarden-agent backup restore --to /restored",
        "sudo sitewarden-agent backup restore --path /srv/app/config.ini --to /tmp/look",
        "sudo sitewarden-agent backup restore --database orders --to /restored",
        "sudo sitewarden-agent backup restore 3f2a90 --path /srv/app --in-place",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """What, and where to."""
        say = terminal.text
        add_backup_arguments(parser, terminal)
        words = sentence("the beginning of a snapshot's name (default: the newest)")
        parser.add_argument("snapshot", nargs="?", default=LATEST, metavar="SNAPSHOT", help=say(words))
        words = sentence("only this path and what is below it; may be given several times")
        parser.add_argument("--path", action="append", default=[], metavar="PATH", help=say(words))
        words = sentence("only the dump of this database")
        parser.add_argument("--database", default="", metavar="NAME", help=say(words))
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--to", type=Path, metavar="DIR", help=say(sentence("an empty folder")))
        words = sentence("over what is there now; what uses it has to be stopped")
        where.add_argument("--in-place", action="store_true", help=say(words))
        words = sentence("say what would be written, and write nothing")
        parser.add_argument("--preview", action="store_true", help=say(words))
        add_yes_argument(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when all came back, 1 when something did not."""
        if arguments.in_place and arguments.database:
            words = sentence("a database is never laid over a running one: use --to, then load the dump")
            raise CommandRefused(words)
        with opened_site(arguments, terminal) as site:
            engine = site.engine()
            snapshot = find_snapshot(engine, arguments.snapshot)
            manifest = read_manifest(engine, snapshot) if arguments.database else None
            selection = selection_of(snapshot, manifest, arguments.path, arguments.database)
            seen = preview(engine, snapshot, selection, arguments.to or Path("/"))
            say_preview(seen, snapshot, terminal, as_json=arguments.json)
            if arguments.preview:
                return Exit.DONE
            if arguments.in_place:
                demand_yes(sentence("Replace {count} files?", count=seen.existing), arguments, terminal)
            done = _restored(site, engine, snapshot, selection, arguments, terminal)
        return say_restored(done, terminal, as_json=arguments.json)


def _restored(
    site: SiteBackup,
    engine: Engine,
    snapshot: Snapshot,
    selection: Selection,
    arguments: argparse.Namespace,
    terminal: Terminal,
) -> Restored:
    tell, started_at = progress(terminal, silent=arguments.json), now()
    try:
        if arguments.in_place:
            beside = Path(site.policy.state) / BESIDE
            done = restore_in_place(engine, snapshot, selection, beside, tell)
        else:
            done = restore_below(engine, snapshot, selection, arguments.to, tell)
    except BackupError as failure:
        site.note(failed_deed(Act.RESTORE, failure, started_at, now(), engine=engine.name))
        raise
    site.note(_deed(engine, snapshot, done, started_at))
    return done


def _deed(engine: Engine, snapshot: Snapshot, done: Restored, started_at: datetime) -> Deed:
    return Deed(
        act=Act.RESTORE,
        is_good=not done.problems,
        started_at=started_at,
        ended_at=now(),
        engine=engine.name,
        snapshot=snapshot.id,
        snapshot_at=snapshot.at,
        code="not_whole" if done.problems else "",
        counts={"files": done.files, "problems": len(done.problems)},
        size_bytes=done.size_bytes,
    )


def say_preview(seen: Preview, snapshot: Snapshot, terminal: Terminal, *, as_json: bool) -> None:
    """What would happen."""
    if as_json:
        terminal.json({"snapshot": snapshot.id, **vars(seen)})
        return
    terminal.say(
        sentence(
            "snapshot {id} of {at}: {files} files, {size} bytes; {existing} files are there already",
            id=snapshot.id[:12],
            at=snapshot.at.isoformat(timespec="seconds"),
            files=seen.files,
            size=seen.size_bytes,
            existing=seen.existing,
        )
    )
    for name in seen.in_use:
        terminal.warn(sentence("in use by {name}", name=name))


def say_restored(done: Restored, terminal: Terminal, *, as_json: bool) -> int:
    """What happened; the exit code."""
    if as_json:
        problems = [{"path": each.path, "reason": each.reason} for each in done.problems]
        terminal.json({"files": done.files, "size_bytes": done.size_bytes, "problems": problems})
    else:
        terminal.say(sentence("Restored {files} files, {size} bytes.", files=done.files, size=done.size_bytes))
        for each in done.problems:
            terminal.warn(sentence("not as it was: {path}: {reason}", path=each.path, reason=each.reason))
    return Exit.FAILED if done.problems else Exit.DONE


COMMAND = BackupRestore()

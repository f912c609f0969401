"""`sitewarden-agent backup database`: bring a whole database back beside the live one, or in its place."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import msgspec

from agent.commands.rescuing import Brought, add_snapshot_argument, bench_of, brought_dump
from agent.commands.saving import add_backup_arguments, opened_site
from remediation.backup.app import now
from remediation.backup.errors import RestoreRefused
from remediation.backup.opening import login_of
from remediation.backup.rescue.live_mariadb import LiveMariadb
from remediation.backup.rescue.live_postgresql import LivePostgresql
from remediation.backup.rescue.live_sqlite import LiveSqlite
from remediation.backup.rescue.preview import BroughtBack, Preview
from remediation.backup.scratch.bench import Bench
from terminal import Exit, Terminal
from wire.sentence import sentence


class BackupDatabase:
    """Without --consent nothing is done."""

    name = "backup database"
    summary = sentence("Bring a database back beside the live one; with --swap it takes its place, which is kept.")
    examples: Sequence[str] = (
        "sudo sitewarden-agent backup database orders",
        "sudo sitewarden-agent backup database orders --consent orders_main",
        "sudo sitewarden-agent backup database orders --snapshot 3f2a90 --swap --consent orders_main",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Which database, and the consent."""
        say = terminal.text
        add_backup_arguments(parser, terminal)
        add_snapshot_argument(parser, terminal)
        words = sentence("the database, as the policy calls it")
        parser.add_argument("database", metavar="DATABASE", help=say(words))
        words = sentence("let it take the place of the live one, when nobody is connected")
        parser.add_argument("--swap", action="store_true", help=say(words))
        words = sentence("do it; NAME is the live database's own name, as the preview shows it")
        parser.add_argument("--consent", metavar="NAME", help=say(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when it was shown or brought back."""
        mark = now().strftime("%Y%m%dt%H%M%S")
        with opened_site(arguments, terminal) as site, brought_dump(site, arguments, terminal) as brought:
            bench = bench_of(site)
            if arguments.consent is None:
                _say_preview(_preview(brought, bench, mark), terminal, as_json=arguments.json)
                return Exit.DONE
            done = _bring_back(brought, bench, mark, arguments.consent, swap=arguments.swap)
        if arguments.json:
            terminal.json(msgspec.to_builtins(done))
        else:
            terminal.say(sentence("It stands as {name}.", name=done.database))
            if done.kept:
                terminal.say(sentence("What was there is kept as {name}.", name=done.kept))
        return Exit.DONE


def _preview(brought: Brought, bench: Bench, mark: str) -> Preview:
    rule = brought.rule
    if rule.engine == "postgresql":
        return LivePostgresql(login_of(rule), bench).preview(brought.facts, brought.dump, mark)
    if rule.engine == "mariadb":
        return LiveMariadb(login_of(rule), bench).preview(brought.facts, brought.dump, mark)
    if rule.engine == "sqlite":
        return LiveSqlite(Path(str(rule.path))).preview(brought.facts, mark)
    raise _by_hand()


def _bring_back(brought: Brought, bench: Bench, mark: str, consent: str, *, swap: bool) -> BroughtBack:
    rule, facts, dump = brought.rule, brought.facts, brought.dump
    if rule.engine == "postgresql":
        return LivePostgresql(login_of(rule), bench).bring_back(facts, dump, mark, consent, swap=swap)
    if rule.engine == "mariadb":
        return LiveMariadb(login_of(rule), bench).bring_back(facts, dump, mark, consent, swap=swap)
    if rule.engine == "sqlite":
        return LiveSqlite(Path(str(rule.path))).bring_back(facts, dump, mark, consent, swap=swap)
    raise _by_hand()


def _by_hand() -> RestoreRefused:
    return RestoreRefused(
        sentence("a Redis is brought back by hand: stop it, put content.rdb in the place of its file, start it")
    )


def _say_preview(seen: Preview, terminal: Terminal, *, as_json: bool) -> None:
    if as_json:
        terminal.json(msgspec.to_builtins(seen))
        return
    terminal.say(sentence("live database {name}, {users} connected", name=seen.database, users=seen.users))
    for table in sorted(seen.now.keys() | seen.then.keys()):
        words = sentence("{table}: {now} rows now, {then} in the snapshot", table=table,
                         now=seen.now.get(table, "-"), then=seen.then.get(table, "-"))  # fmt: skip
        terminal.say(words)
    words = sentence("It would be brought back as {beside}; with --swap the live one is kept as {kept}.",
                     beside=seen.beside, kept=seen.kept)  # fmt: skip
    terminal.say(words)
    terminal.say(sentence("To do it: --consent '{name}'", name=seen.database))


COMMAND = BackupDatabase()

"""`sitewarden-agent bundle`: support bundles that wait on this host until the customer releases them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from agent.app import executor_client
from agent.bundles.packing import Entry, NotABundle, read_manifest, read_pieces
from agent.bundles.state import IllegalStep, Step, advance
from agent.bundles.store import BundleStore, NoBundle, Record
from agent.commands.loading import add_settings_argument, load_settings
from agent.commands.maintained import shown
from agent.owner import as_owner
from remediation.executor.client import ExecutorRefused, NoExecutor
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence

ACTIONS: Final = ("list", "show", "release", "drop")
SHOWN_CHARS: Final = 12  # of a digest; any beginning that is the only one names a bundle


class ManageBundles:
    """Lists, shows, releases or drops what was collected."""

    name = "bundle"
    summary = sentence("Look at support bundles on this server, and release them to the vendor or drop them.")
    examples: Sequence[str] = (
        "sitewarden-agent bundle list",
        "sitewarden-agent bundle show 3f2a90",
        "sitewarden-agent bundle show 3f2a90 0001-access.log",
        "sitewarden-agent bundle release 3f2a90",
        "sitewarden-agent bundle drop 3f2a90",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """What to do, with which bundle, and which file of it."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))
        parser.add_argument("action", choices=ACTIONS, help=say(sentence("what to do")))
        words = sentence("a bundle's digest as `list` and the ticket show it, or its first characters")
        parser.add_argument("bundle", nargs="?", metavar="BUNDLE", help=say(words))
        words = sentence("with `show`: a file of the bundle, as it would be sent")
        parser.add_argument("file", nargs="?", metavar="FILE", help=say(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when done; 1 when it is not possible, 2 when no bundle is named."""
        settings = load_settings(arguments, terminal).settings
        store = BundleStore(Path(settings.state))
        with _refusals(store.folder):
            if arguments.action == "list":
                _list(store.records(), terminal, as_json=arguments.json)
                return Exit.DONE
            record = _named(store.records(), arguments.bundle)
            if arguments.action == "show":
                _show(store, record, arguments, terminal)
            elif arguments.action == "release":
                _release(store, record, Path(str(settings.executor.socket)), terminal)
            else:
                with as_owner(store.folder):
                    store.step(record.digest, Step.DROP)
                terminal.say(sentence("Dropped. Nothing of it has left this server, but for what was sent before."))
        return Exit.DONE


def _release(store: BundleStore, record: Record, socket: Path, terminal: Terminal) -> None:
    """The executor's chain says who released it, before anything can leave."""
    advance(record.state, Step.RELEASE)
    try:
        executor_client(socket).bundle_note(record.digest, "released", record.sha256)
    except (NoExecutor, ExecutorRefused) as failure:
        words = sentence("the executor cannot record the release: {problem}", problem=str(failure))
        raise CommandRefused(words, Exit.FAILED) from failure
    with as_owner(store.folder):
        store.step(record.digest, Step.RELEASE)
    terminal.say(sentence("Released. The running agent sends it: {size} bytes.", size=record.size))


def _named(records: list[Record], name: str | None) -> Record:
    if not name:
        raise CommandRefused(sentence("name a bundle; `sitewarden-agent bundle list` shows them"), Exit.BAD_INPUT)
    found = [each for each in records if each.digest.startswith(name)]
    if len(found) != 1:
        words = sentence("{count} bundles whose digest begins with {name} are here", count=len(found), name=name)
        raise CommandRefused(words, Exit.FAILED)
    return found[0]


def _list(records: list[Record], terminal: Terminal, *, as_json: bool) -> None:
    if as_json:
        for each in records:
            terminal.json(msgspec.to_builtins(each))
        return
    if not records:
        terminal.say(sentence("No support bundle is here."))
        return
    names = (sentence("bundle"), sentence("ticket"), sentence("state"), sentence("bytes"))
    rows = [[each.digest[:SHOWN_CHARS], shown(each.ticket), each.state.value, str(each.size)] for each in records]
    terminal.table(list(names), rows)


def _show(store: BundleStore, record: Record, arguments: argparse.Namespace, terminal: Terminal) -> None:
    path = store.content(record.digest)
    if arguments.file:
        _show_file(path, arguments.file)
        return
    manifest = read_manifest(path)
    if arguments.json:
        terminal.json(msgspec.to_builtins(manifest))
        return
    terminal.say(sentence("bundle:  {digest}", digest=record.digest))
    terminal.say(sentence("ticket:  {ticket}", ticket=shown(record.ticket) or "-"))
    terminal.say(sentence("state:   {state}", state=record.state.value))
    terminal.say(sentence("sha256:  {sha256}, {size} bytes", sha256=record.sha256, size=record.size))
    names = (sentence("file"), sentence("bytes"), sentence("from"), sentence("note"))
    terminal.table(list(names), [_row(entry) for entry in manifest.entries])


def _row(entry: Entry) -> list[str]:
    note = f"left out: {entry.left_out}" if entry.left_out else ("head and tail" if entry.is_cut else "")
    return [entry.name or "-", str(entry.size), shown(entry.path), shown(note)]


def _show_file(path: Path, name: str) -> None:
    for entry, content in read_pieces(path):
        if entry.name == name:
            _write(content)
            return
    raise CommandRefused(sentence("the bundle has no file {name}", name=name), Exit.FAILED)


def _write(content: bytes) -> None:
    """Onto standard output; control characters are made visible, for a log may hold a terminal's commands."""
    text = content.decode("utf-8", "replace")
    kept = "".join(char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1] for char in text)
    os.write(1, kept.encode())


@contextmanager
def _refusals(folder: Path) -> Iterator[None]:
    try:
        yield
    except IllegalStep as illegal:
        raise CommandRefused(sentence("{problem}", problem=str(illegal)), Exit.FAILED) from illegal
    except (NoBundle, NotABundle) as problem:
        words = sentence("the bundle cannot be read: {problem}", problem=str(problem))
        raise CommandRefused(words, Exit.FAILED) from problem
    except OSError as error:
        words = sentence("{path} cannot be used: {problem}", path=folder, problem=error.strerror or str(error))
        raise CommandRefused(words, Exit.FAILED) from error


COMMAND = ManageBundles()

"""`sitewarden-agent evidence`: log lines that stay on this host until the customer releases them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import msgspec

from agent.commands.loading import add_settings_argument
from agent.redaction.evidence import EvidenceBroken, EvidenceStore, Held
from agent.settings.reading import glance
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence

ACTIONS = ("list", "show", "release", "drop")
SHOWN_CHARS = 16  # of an event's id; any beginning that is the only one names an event


class ManageEvidence:
    """Lists, shows, releases or drops what is held."""

    name = "evidence"
    summary = sentence("Look at log lines that are held on this server, and release them to the vendor or drop them.")
    examples: Sequence[str] = (
        "sitewarden-agent evidence list",
        "sitewarden-agent evidence show 3f2a90",
        "sitewarden-agent evidence release 3f2a90 81c4",
        "sitewarden-agent evidence drop --code BIL-1001",
        "sitewarden-agent evidence release --all",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """What to do, and with which events."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument("--code", metavar="CODE", help=say(sentence("all events of this error code")))
        parser.add_argument("--all", action="store_true", help=say(sentence("all events that are held")))
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))
        parser.add_argument("action", choices=ACTIONS, help=say(sentence("what to do")))
        words = sentence("an event's id as `list` and the ticket show it, or its first characters")
        parser.add_argument("events", nargs="*", metavar="EVENT", help=say(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when done; 1 when an event is not held here, 2 when none is named."""
        store = EvidenceStore(Path(glance(arguments.settings)[0]))
        try:
            held = store.held()
            if arguments.action == "list":
                _list(held, terminal, as_json=arguments.json)
                return Exit.DONE
            chosen = _chosen(held, arguments)
            if arguments.action == "show":
                for each in chosen:
                    terminal.json(msgspec.to_builtins(each.evidence))
                return Exit.DONE
            ids = [each.event_id for each in chosen]
            if arguments.action == "release":
                store.release(ids)
                terminal.say(
                    sentence("Released: {count}. The running agent sends them within seconds.", count=len(ids))
                )
            else:
                store.drop(ids)
                terminal.say(sentence("Dropped: {count}.", count=len(ids)))
        except EvidenceBroken as broken:
            raise CommandRefused(sentence("{problem}", problem=str(broken)), Exit.FAILED) from broken
        return Exit.DONE


def _chosen(held: list[Held], arguments: argparse.Namespace) -> list[Held]:
    if arguments.all:
        return held
    if arguments.code:
        return [each for each in held if each.code == arguments.code]
    if not arguments.events:
        raise CommandRefused(sentence("name an event, --code or --all"), Exit.BAD_INPUT)
    return [_named(held, name) for name in arguments.events]


def _named(held: list[Held], name: str) -> Held:
    found = [each for each in held if each.event_id.startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise CommandRefused(sentence("{event} is the beginning of several events; give more of it", event=name))
    raise CommandRefused(sentence("no evidence of the event {event} is held here (any more)", event=name), Exit.FAILED)


def _list(held: list[Held], terminal: Terminal, *, as_json: bool) -> None:
    if as_json:
        for each in held:
            terminal.json(_row(each))
        return
    if not held:
        terminal.say(sentence("No evidence is held here."))
        return
    names = (sentence("event"), sentence("time"), sentence("module"), sentence("code"), sentence("lines"))
    rows = [[each.event_id[:SHOWN_CHARS], each.occurred_at, each.module, each.code, _lines(each)] for each in held]
    terminal.table(list(names), rows)


def _row(each: Held) -> dict[str, object]:
    return {
        "event": each.event_id,
        "occurred_at": each.occurred_at,
        "module": each.module,
        "code": each.code,
        "source": each.source,
        "count": each.count,
        "lines": int(_lines(each)),
        "released": each.is_released,
    }


def _lines(each: Held) -> str:
    found = each.evidence
    return str(len(found.before) + len(found.after) + len(found.samples) + found.text.count("\n") + bool(found.text))


COMMAND = ManageEvidence()

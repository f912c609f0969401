"""What the commands of windows, silences and problems share: who acts, and refusals."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from collector.commands.opening import opened
from collector.commands.ticket_words import actor_of
from collector.fleet.persons import person_at
from collector.fleet.repository import find_site
from collector.parts import Parts
from collector.settings.reading import add_settings_argument
from collector.tickets.desk.person import Person
from terminal import Exit, Terminal
from wire.sentence import Sentence, sentence


def add_desk_arguments(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """Settings, actor and form of output."""
    text = terminal.text
    add_settings_argument(parser, terminal)
    parser.add_argument(
        "--actor", metavar="NAME", help=text(sentence("who does it (default: your name on this system)"))
    )
    parser.add_argument("--json", action="store_true", help=text(sentence("print JSON")))


@contextmanager
def at_desk(arguments: argparse.Namespace, terminal: Terminal) -> Iterator[tuple[Parts, Person]]:
    """The collector's parts, and the actor at its desk."""
    actor = actor_of(arguments.actor)
    with opened(arguments, terminal) as parts:
        yield parts, person_at(parts, actor, parts.now())


def zone_of(parts: Parts, site_id: str) -> tzinfo:
    """The zone of a site; UTC of one that nobody knows, which is refused later."""
    with parts.store.reading() as connection:
        site = find_site(connection, site_id)
    return ZoneInfo(site.tz) if site else UTC


def say(terminal: Terminal, arguments: argparse.Namespace, told: dict[str, Any], words: Sentence) -> int:
    """The outcome as JSON or in words."""
    if arguments.json:
        terminal.json(told)
    else:
        terminal.say(words)
    return Exit.DONE
